import { describe, expect, inject, test } from 'vitest';
import { Attacked } from '../../kit/attacked.ts';
import { backingIndices } from '../../kit/elasticsearch/index.ts';
import { LogWriter } from '../../kit/seal/log.ts';

const url = inject('elasticsearchUrl');

/** Two nodes, each with eight batches of three events, a minute apart: batches 2 and 3 are of the range. */
async function twoNodes(): Promise<Attacked> {
  let vkey = '';
  const log = await Attacked.make(url, (writer) => {
    const other = new LogWriter({ name: { ...writer.name, node: 'cp-2' } }, writer.written);
    ({ vkey } = other);
    for (let i = 0; i < 8; i += 1) {
      writer.batch({ after: 60 });
      other.batch({ after: 60 });
    }
  });
  await log.believe(vkey);
  return log;
}

const range = ['--since', '2026-11-23T00:46:00Z', '--until', '2026-11-23T00:48:00Z'];

/** What a create_doc key can write into the record stream: under this `_id` it is no record, and of no kind that is known. */
const noRecord = '0123456789abcdef-x1';

describe.concurrent(
  'whoever can delete takes away all that one node did in a time range, and the other node is whole',
  () => {
    test('its records, too: the run that is missing', async () => {
      await using log = await twoNodes();
      await log.installation.remove('records', ...log.records.slice(1, 5).map(({ id }) => id));
      await log.installation.remove('events', ...log.events.slice(3, 15).map(({ id }) => id));
      const { findings, code, report } = await log.verify(...range);
      expect([findings, code], report).toEqual([['missing record: LOG, batch 1 (and all up to batch 4)'], 1]);
    });

    test('its first records, too, which the range begins with', async () => {
      await using log = await twoNodes();
      await log.installation.remove('records', ...log.records.slice(0, 5).map(({ id }) => id));
      const { findings, code, report } = await log.verify(...range);
      expect(
        findings.filter((line) => line.startsWith('missing record')),
        report,
      ).toEqual(['missing record: LOG, batch 0 (and all up to batch 4)']);
      expect(code).toBe(1);
    });

    test('and puts a document in their place that is no record and says that it is of batch 1, sealed afterwards', async () => {
      await using log = await twoNodes();
      await log.installation.remove('records', ...log.records.slice(2, 5).map(({ id }) => id));
      const manifest = JSON.stringify({ batch: 1 });
      const auditseal = { origin: log.origin, batch: 1, first: 4, size: 8, manifest };
      await log.create(
        'records',
        noRecord,
        JSON.stringify({ '@timestamp': '2026-11-23T00:50:00Z', auditseal }),
      );
      const { findings, code, report } = await log.verify(...range);
      expect(
        findings.filter((line) => line.startsWith('missing record')),
        report,
      ).toEqual(['missing record: LOG, batch 2 (and all up to batch 4)']);
      expect(code).toBe(1);
    });

    test('and makes of their neighbour’s manifest one that is in the range, and of another batch', async () => {
      await using log = await twoNodes();
      await log.installation.remove('records', ...log.records.slice(2, 4).map(({ id }) => id));
      // Taken for a record, and not read by the number that its manifest has.
      const forged = log.forge(
        log.records[2]!,
        [/\\"batch\\":2/u, String.raw`\"batch\":900`],
        [/"@timestamp":"[^"]+"/u, '"@timestamp":"2026-11-23T00:50:00.000Z"'],
        [/"batch":2/u, '"batch":0'],
      );
      await log.create('records', 'forged', forged);
      const { findings, code, report } = await log.verify(...range);
      expect(
        findings.filter((line) => line.startsWith('missing record')),
        report,
      ).toEqual(['missing record: LOG, batch 2 (and all up to batch 3)']);
      expect(code).toBe(1);
    });

    test('the events alone, and a create_doc key has a document indexed under two batch numbers', async () => {
      await using log = await twoNodes();
      // Found below the range by the second number, sorted by the first.
      const source = { auditseal: { origin: log.origin, batch: 900 }, 'auditseal.batch': 0 };
      await log.create(
        'records',
        noRecord,
        JSON.stringify({ '@timestamp': '2026-11-20T00:00:00Z', ...source }),
      );
      const honest = await log.verify(...range);
      expect([honest.findings, honest.code], honest.report).toEqual([[], 0]);
      expect(honest.report).toContain('of a later version: ');
      const [event] = log.events.slice(7);
      await log.installation.remove('events', event!.id);
      const { findings, code, report } = await log.verify(...range);
      const id = event!.id.replace(log.logId, 'ID').slice(0, -17);
      expect([findings, code], report).toEqual([[`missing: LOG, index 9, batch 2, id ${id}`], 1]);
    });
  },
);

test('an old backing index that is closed: could not check, and the index is named', async () => {
  await using log = await twoNodes();
  const stream = log.installation.stream('events');
  await log.administer('POST', `${stream}/_rollover`);
  const [closed] = await backingIndices(url, stream);
  await log.administer('POST', `${closed}/_close`);
  for (const time of [[], range]) {
    const { findings, code, report } = await log.verify(...time);
    expect([findings, code], report).toEqual([[], 2]);
    expect(report).toContain('index_closed_exception');
    expect(report).toContain(closed);
  }
});
