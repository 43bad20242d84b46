import { describe, expect, test } from 'vitest';
import { Completeness } from '../../../agent/report/index.ts';
import type { Manifest } from '../../../agent/seal/index.ts';
import { honest } from '../../kit/seal/honest.ts';
import { verify } from '../../kit/seal/streams.ts';
import { verified } from './fixture.ts';

const time = { since: Date.parse('2026-11-23T00:00:00Z'), until: Date.parse('2026-11-24T00:00:00Z') };

/** The manifests of the honest log, by way of a verification. */
async function manifests(range?: { from: number; to: number }): Promise<Manifest[]> {
  const { written, writer, trust } = honest();
  const taken: Manifest[] = [];
  const origin = writer.origin;
  const touched = range && { ...range, touched: range };
  await verify(written, {
    now: writer.now,
    trust,
    ...(touched && {
      range: { since: new Date(0), until: writer.now, batches: new Map([[origin, touched]]) },
    }),
    onBatch: (manifest) => taken.push(manifest),
  });
  return taken;
}

test('each valid batch is given once, and of a range those that it touches', async () => {
  const all = await manifests();
  expect(all.map(({ origin, batch }) => `${origin.split('/').at(-1)} ${batch}`)).toEqual([
    '20261123T004438Z 0',
    '20261123T004438Z 1',
    '20261123T004438Z 2',
    '20261123T004438Z 3',
    '20261123T004438Z 4',
    '20261123T014438Z 0',
    '20261123T014438Z 1',
  ]);
  const second = await manifests({ from: 0, to: 0 });
  expect(second.map(({ batch }) => batch)).toEqual([0]);
});

test('a batch that is not valid is not given', async () => {
  const { written, writer, trust } = honest();
  const record = written.records.find(({ source }) => source.includes('"batch":2,"size"'));
  record!.source = Buffer.from(record!.source.toString().replace('"read":0', '"read":9'));
  const taken: number[] = [];
  await verify(written, { now: writer.now, trust, onBatch: ({ batch }) => taken.push(batch) });
  expect(taken).toEqual([0, 1, 3, 4, 0, 1]);
});

describe('what batches add up to', () => {
  test('is what they say', async () => {
    const { completeness, summary } = await verified();
    expect(completeness).toMatchObject({
      batches: summary.batches,
      heartbeats: 1,
      sealed: summary.events,
      dropped: 5,
      read: summary.events + 5,
      joined: 0,
      droppedByRule: [{ name: 'rule-3', count: 5 }],
      gapsByReason: [{ name: 'rotated away', count: 1 }],
      gaps: { total: 1, list: [{ bytesMin: 5000 }] },
      retentionDays: { total: 1, list: [{ value: '400', batches: 8 }] },
    });
    const { slots, lanes } = completeness.timeline;
    const sum = (of: (slot: (typeof slots)[number]) => number) =>
      slots.reduce((all, slot) => all + of(slot), 0);
    expect(sum(({ events }) => events)).toBe(summary.events);
    expect(sum(({ batches }) => batches)).toBe(8);
    expect(sum(({ dropped }) => dropped)).toBe(5);
    expect(lanes.map(({ name }) => name)).toEqual(['prod/cp-1/kube-apiserver']);
    expect(lanes[0]!.gaps.reduce((a, b) => a + b)).toBe(1);
  });

  test('takes a bounded space, whatever a thief of a key signs', async () => {
    const [manifest] = await manifests();
    const completeness = new Completeness(time);
    for (let i = 0; i < 5000; i += 1)
      completeness.take({
        ...manifest!,
        origin: `c/n${i}/s/e`,
        policy: `sha256:${i}`,
        retentionDays: i + 1,
        dropped: { [`rule-${i}`]: 1 },
        gaps: [{ reason: `reason ${i}`.padEnd(5000, 'x') }],
        notices: [
          { kind: `kind ${i}`, at: '2026-11-23T00:00:00.000Z' },
          { kind: 'policy', at: '2026-11-23T00:00:00.000Z', text: 'x'.repeat(100_000) },
        ] as unknown as Manifest['notices'],
      });
    const report = completeness.report();
    expect(report).toMatchObject({ batches: 5000, dropped: 5000, gaps: { total: 5000 } });
    expect(report.droppedByRule.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
    expect(report.droppedByRule.at(-1)).toEqual({ name: null, count: 4800 });
    expect(report.timeline).toMatchObject({ moreLanes: 4880 });
    expect(JSON.stringify(report).length).toBeLessThan(1_000_000);
  });

  test('what is not of the type that a manifest should have counts for nothing, and breaks nothing', async () => {
    const [manifest] = await manifests();
    const completeness = new Completeness(time);
    const odd = {
      malformed: '7',
      reduced: { a: -1 },
      redacted: [],
      policy: 3,
      agent: null,
      latest: 'no time',
    };
    completeness.take({ ...manifest!, ...odd } as unknown as Manifest);
    expect(completeness.report()).toMatchObject({
      malformed: 0,
      reducedByRule: [{ name: 'a', count: 0 }],
      policies: { list: [{ value: '3' }] },
    });
  });

  test.each([
    [1000, 1],
    [3600_000, 60],
    [86_400_000, 3600],
    [90 * 86_400_000, 2 * 86_400],
    [400 * 86_400_000, 7 * 86_400],
    [40_000 * 86_400_000, undefined],
  ])('%i ms are at most 60 slots, and the first batch is in the first of them', async (length, seconds) => {
    const since = Date.parse('2026-11-23T00:44:33Z');
    const [manifest] = await manifests();
    const completeness = new Completeness({ since, until: since + length });
    completeness.take(manifest!);
    const { slots, slotSeconds } = completeness.report().timeline;
    if (seconds !== undefined) expect(slotSeconds).toBe(seconds);
    expect(slots.length).toBeGreaterThan(0);
    expect(slots.length).toBeLessThanOrEqual(61);
    expect(slots[0]!.batches).toBe(1);
  });
});
