import { expect, test } from 'vitest';
import { Metrics } from '../../../agent/observe/index.ts';
import { Moments, parseMoments } from '../../../agent/seal/index.ts';
import { parseScrape, sumOf } from '../../kit/scrape.ts';

const start = Date.parse('2026-11-23T01:00:00.000Z');
const at = (milliseconds: number) => new Date(start + milliseconds);

function metricsAt(now: Date) {
  return new Metrics({
    version: '0',
    now: () => now,
    spoolBytesMax: 1,
    freeBytesMin: 1,
    rules: [],
    directories: () => [],
    freeBytes: () => 1,
  });
}

test('every event of a batch counts in the histogram with its own latency', async () => {
  const moments = new Moments();
  // A thousand events over five seconds, acknowledged a second after the last: from 1 to 6 s.
  for (let n = 0; n < 1000; n += 1) moments.add(at(n * 5).toISOString());
  const metrics = metricsAt(at(6000));
  const batch = { newest: null, moments: parseMoments(JSON.stringify(moments.list())) };
  metrics.meter('a').acknowledged(batch, at(6000));
  const found = parseScrape(await metrics.text());
  const below = (le: string) => sumOf(found, 'auditseal_delivery_seconds_bucket', { le });
  expect(sumOf(found, 'auditseal_delivery_seconds_count')).toBe(1000);
  expect(below('+Inf')).toBe(1000);
  // Times are kept to a tenth of a second, of which 20 events share one.
  expect([below('0.5'), below('1'), below('3'), below('5'), below('7.5')]).toEqual([0, 0, 400, 800, 1000]);
  expect(sumOf(found, 'auditseal_delivery_seconds_sum')).toBeCloseTo(3550, 0);
});

test('the times of a batch that spans days are bounded, and no event is left out', () => {
  const moments = new Moments();
  for (let n = 0; n < 10_000; n += 1) moments.add(at(n * 60_000).toISOString());
  const list = moments.list();
  expect(list.length).toBeLessThanOrEqual(128);
  expect(list.reduce((sum, [, events]) => sum + events, 0)).toBe(10_000);
});

test.for(['2026-11-23T01:00:00Z', '2026-11-23T01:00:00.4Z', '2026-11-23T01:00:00.433599Z'])(
  'a time with any number of digits is read: %s',
  (timestamp) => {
    const moments = new Moments();
    moments.add(timestamp);
    const [first] = moments.list();
    expect(first?.[1]).toBe(1);
    expect(Math.abs((first?.[0] ?? NaN) - Date.parse(timestamp))).toBeLessThan(100);
  },
);

test('lag is the age of the oldest event that waits; of what is not read the age of the newest before it; 0 when there is none', () => {
  const meter = metricsAt(at(0)).meter('a');
  const totals = {
    read: 0,
    pieces: 0,
    sealedEvents: 2,
    sealedBatches: 3,
    refused: 0,
    tallies: [],
    epochs: [],
  };
  const waiting = [
    { events: 0, bytes: 10, oldest: null },
    { events: 2, bytes: 10, oldest: at(1000).toISOString() },
  ];
  const log = { origin: 'o', batch: 3, size: 5 };
  meter.load({ ...totals, waiting, observed: null }, log);
  expect(meter.lagSeconds(at(61_000))).toBe(60);
  meter.acknowledged({ newest: null, moments: [] }, at(61_000));
  expect([meter.waitingEvents, meter.lagSeconds(at(61_000))]).toEqual([2, 60]);
  meter.acknowledged({ newest: null, moments: [] }, at(61_000));
  // All that could be read is acknowledged, and nobody knows what else there is.
  expect(meter.lagSeconds(at(61_000))).toBeUndefined();
  meter.lagBytes = 0;
  expect([meter.waitingEvents, meter.waitingBytes, meter.lagSeconds(at(61_000))]).toEqual([0, 0, 0]);
  meter.newestRead = at(2000).toISOString();
  meter.lagBytes = 1;
  expect(meter.lagSeconds(at(62_000))).toBe(60);
});
