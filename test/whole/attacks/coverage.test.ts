import { describe, expect, inject, test } from 'vitest';
import { Attacked } from '../../kit/attacked.ts';
import { LogWriter } from '../../kit/seal/log.ts';
import { operatorKey, statementDocument } from '../../kit/seal/operator.ts';

const url = inject('elasticsearchUrl');

/** The first event of the log is of this time, and the first batch is sealed at 00:44:38. */
const begins = '2026-11-23T00:44:33.000Z';
const late = (since: string) =>
  `begins late: LOG, batch 0 (the range begins at ${since}, and the first log of cluster prod at ${begins})`;

describe.concurrent('a question about a time that no log covers', () => {
  test('a month of which it covers a minute: not proven complete, with the time from which it is covered', async () => {
    await using log = await Attacked.make(url);
    const month = ['--since', '2026-11-01T00:00:00Z', '--until', '2026-11-30T00:00:00Z'];
    const { findings, code, report } = await log.verify(...month);
    expect([findings, code], report).toEqual([[late('2026-11-01T00:00:00.000Z')], 3]);
    expect(report).toContain(
      `covered: cluster prod from ${begins} on, when its first log begins, and not before`,
    );
    expect(report).toContain(
      'checked: 2026-11-01T00:00:00.000Z to 2026-11-23T00:44:58.000Z (now: --until 2026-11-30T00:00:00Z has not come yet)',
    );
    expect(report).toContain('batches 0 to 1 (2)');
    const birth = await log.verify(...month, '--from-birth');
    expect([birth.findings, birth.code], birth.report).toEqual([[], 0]);
    expect(birth.report).toContain(`verdict: verified: cluster prod from ${begins} on`);
  });

  test('that an operator acknowledged: verified', async () => {
    await using log = await Attacked.make(url);
    const at = '2026-11-23T00:44:50.000Z';
    const batches = { first: 0, last: 0 };
    const statement = {
      kind: 'acknowledge',
      log: log.origin,
      batches,
      at,
      why: 'installed that day',
    } as const;
    const { id, source } = statementDocument(statement, operatorKey(), log.installation.namespace);
    await log.create('records', id, source);
    const { findings, code, report } = await log.verify('--since', '2026-11-01T00:00:00Z');
    expect([findings, code], report).toEqual([
      [
        `acknowledged ${late('2026-11-01T00:00:00.000Z')}; by operator@example.com at ${at}: installed that day`,
      ],
      0,
    ]);
  });

  test.each([
    [
      'before it began',
      ['--since', '2026-10-01T00:00:00Z', '--until', '2026-11-01T00:00:00Z'],
      [late('2026-10-01T00:00:00.000Z')],
    ],
    ['between two batches', ['--since', '2026-11-23T00:44:39Z', '--until', '2026-11-23T00:44:41Z'], []],
  ])('%s: could not check, for nothing was', async (_name, range, expected) => {
    await using log = await Attacked.make(url);
    const { findings, code, report } = await log.verify(...range);
    expect([findings, code], report).toEqual([expected, 2]);
    expect(report).toContain('no log of cluster prod has a batch from ');
    expect(report).toContain('no batch, size 8');
  });

  test('next year: a usage error', async () => {
    await using log = await Attacked.make(url);
    const { code, report } = await log.verify(
      '--since',
      '2027-01-01T00:00:00Z',
      '--until',
      '2027-12-31T00:00:00Z',
    );
    expect([code, report]).toEqual([2, expect.stringContaining('--since: is later than now')]);
  });

  test('by a node that joined later than the others: a line of the report', async () => {
    let joined = '';
    await using log = await Attacked.make(url, (writer) => {
      for (let i = 0; i < 4; i += 1) writer.batch({ after: 60 });
      const two = new LogWriter(
        { name: { ...writer.name, node: 'cp-2' }, epoch: '20261123T004700Z', at: '2026-11-23T00:47:00.000Z' },
        writer.written,
      );
      joined = two.vkey;
      for (let i = 0; i < 2; i += 1) two.batch({ after: 60 });
    });
    await log.believe(joined);
    const { findings, code, report } = await log.verify('--since', '2026-11-23T00:45:00Z');
    expect([findings, code], report).toEqual([[], 0]);
    expect(report).toContain(
      'joined: prod/cp-2/kube-apiserver at 2026-11-23T00:46:55.000Z, later than others of its cluster',
    );
  });
});
