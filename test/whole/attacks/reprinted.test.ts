import { describe, expect, inject, test } from 'vitest';
import { Attacked } from '../../kit/attacked.ts';

const url = inject('elasticsearchUrl');
const changed = [0, 1].map(
  (batch) =>
    new RegExp(
      `^changed record: LOG, batch ${batch}, id ID-b0000000${batch}-\\S+ \\(it is what was sealed as JSON, and not byte for byte\\)$`,
      'u',
    ),
);
const matching = (lines: readonly (string | RegExp)[]) =>
  lines.map((line) => (typeof line === 'string' ? line : (expect.stringMatching(line) as unknown)));

/** Adds a space to every document, as a reindex through a client that prints JSON might. */
async function reprint(log: Attacked, stream: 'records' | 'events'): Promise<void> {
  for (const { id, source } of log[stream])
    await log.installation.put(stream, id, log.forge({ index: '', id, source }, [/^\{/u, '{ ']));
}

describe.concurrent('whoever prints documents anew', () => {
  test.each([
    [
      'every record, and deletes an event',
      ['records'],
      true,
      [...changed, 'missing: LOG, index 4, batch 1, id ID-000000000004'],
      1,
    ],
    [
      'every record and every event, and deletes one',
      ['records', 'events'],
      true,
      ['missing: LOG, index 4, batch 1, id ID-000000000004'],
      1,
    ],
    ['every record and every event', ['records', 'events'], false, [], 2],
  ] as const)('%s', async (_name, streams, deletes, expected, code) => {
    await using log = await Attacked.make(url);
    for (const stream of streams) await reprint(log, stream);
    if (deletes) await log.installation.remove('events', log.events[3]!.id);
    const found = await log.verify();
    expect([found.findings, found.code], found.report).toEqual([matching(expected), code]);
    expect(found.report.includes('all records match as JSON but not byte for byte')).toBe(
      streams.length === 2,
    );
    const document = new RegExp(
      `^ {2}document: _index \\.ds-logs-auditseal\\.batch-\\S+, _id ${log.records[0]!.id}$`,
      'mu',
    );
    expect(document.test(found.report), 'a changed record is followed').toBe(expected.length === 3);
  });
});
