import { describe, expect, inject, test } from 'vitest';
import { eventDocumentId, leafHash } from '../../../agent/seal/index.ts';
import { Attacked } from '../../kit/attacked.ts';

const url = inject('elasticsearchUrl');

/*
 * Batch 0 has the indexes 0 to 2 and its manifest 3, batch 1 the indexes 4 to 6 and 7: the tree has 8 leaves, and what an agent
 * may have under way is of batch 2 or 3 and of an index below 8 + 20,002.
 */
describe.concurrent('whoever may create documents forges events of a log', () => {
  test('far above its newest record, as of a batch that may be under way: inserted, once or twenty times, and for ever', async () => {
    await using log = await Attacked.make(url);
    const [event] = log.events;
    const forged = Array.from({ length: 20 }, (_, i) => 999_999_999_980 + i);
    for (const index of forged)
      await log.create(
        'events',
        `forged-${index}`,
        log.forge(event!, [/"sequence":0/u, `"sequence":${index}`], [/"batch":0/u, '"batch":2']),
      );
    const expected = forged.map(
      (index) =>
        `inserted: LOG, index ${index}, batch 2, id forged-${index} (beyond the newest record, and not of what can be under way)`,
    );
    const soon = await log.verify();
    expect([soon.findings, soon.code], soon.report).toEqual([expected, 1]);
  });

  test.each([
    ['the last index that may be under way', 8 + 20_001, 3, 0],
    ['the first that may not', 8 + 20_002, 3, 1],
    ['a batch that may not', 8, 4, 1],
    ['a batch that has its record', 8, 1, 1],
  ])('of %s', async (_name, index, batch, code) => {
    await using log = await Attacked.make(url);
    await log.create(
      'events',
      'forged',
      log.forge(log.events[0]!, [/"sequence":0/u, `"sequence":${index}`], [/"batch":0/u, `"batch":${batch}`]),
    );
    const finding = `inserted: LOG, index ${index}, batch ${batch}, id forged (beyond the newest record, and not of what can be under way)`;
    const found = await log.verify();
    expect([found.findings, found.code], found.report).toEqual([code === 0 ? [] : [finding], code]);
    if (code === 1) return;
    const later = await log.verify('--now', new Date(log.writer.now.getTime() + 3_600_000).toISOString());
    expect([later.findings, later.code], later.report).toEqual([
      [
        'ends early: LOG, batch 1 (its newest record is of 2026-11-23T00:44:48.000Z)',
        `not yet recorded: LOG, index ${index}, batch ${batch}, id forged (the newest record is of 2026-11-23T00:44:48.000Z)`,
      ],
      3,
    ]);
  });

  test('by a true event, byte for byte, under the _id of an index far above: inserted', async () => {
    await using log = await Attacked.make(url);
    const { source } = log.events[1]!;
    const id = eventDocumentId(log.logId, 500, leafHash(source));
    await log.create('events', id, source);
    const { findings, code, report } = await log.verify();
    expect([findings, code], report).toEqual([
      [
        `inserted: LOG, index 500, batch 0, id ${id.replace(log.logId, 'ID')} (beyond the newest record, and not of what can be under way)`,
      ],
      1,
    ]);
  });
});

/** Six batches, a minute apart. */
function minutes(log: Attacked['writer']): void {
  for (let i = 0; i < 6; i += 1) log.batch({ after: 60 });
}

describe.concurrent('a document with a time in the range that claims an index outside of it', () => {
  const range = ['--since', '2026-11-23T00:48:00Z', '--until', '2026-11-23T00:49:00Z'];
  const inTime: [RegExp, string] = [/"@timestamp":"[^"]+"/u, '"@timestamp":"2026-11-23T00:48:30.000Z"'];

  test('is inserted where a valid record holds that', async () => {
    await using log = await Attacked.make(url, minutes);
    await log.create('events', 'forged', log.forge(log.events[1]!, inTime));
    const { findings, code, report } = await log.verify(...range);
    expect([findings, code], report).toEqual([
      [
        'inserted: LOG, index 1, batch 0, id forged (its time is in the range, and the batch of its index is not)',
      ],
      1,
    ]);
  });

  test('is unproven where none does, and no forged record makes it anything else', async () => {
    await using log = await Attacked.make(url, minutes);
    await log.create('events', 'forged', log.forge(log.events[4]!, inTime));
    const record = log.records[1]!;
    await log.installation.remove('records', record.id);
    // Not read in this range, which has its own neighbours.
    await log.create('records', record.id, log.forge(record, [/"gaps":0/u, '"gaps":1']));
    await log.create('records', `${record.id}x`, log.forge(record, [/"v":1/u, '"v":2']));
    const { findings, code, report } = await log.verify(
      '--since',
      '2026-11-23T00:49:00Z',
      '--until',
      '2026-11-23T00:49:30Z',
    );
    expect(
      findings.filter((line) => line.includes('forged')),
      report,
    ).toEqual([]);
    expect(code).toBe(1);
  });
});
