import { describe, expect, inject, test } from 'vitest';
import { Attacked } from '../../kit/attacked.ts';
import { LogWriter } from '../../kit/seal/log.ts';

const url = inject('elasticsearchUrl');

/** Two nodes of a cluster, of twenty batches each, one every ten seconds from 00:44:38 on. */
async function twoNodes(second: { firstBatchAt?: string } = {}) {
  let other: LogWriter | undefined;
  const log = await Attacked.make(url, (writer) => {
    const { namespace } = writer.written;
    const name = { cluster: 'prod', node: 'cp-2', source: 'kube-apiserver' };
    other = new LogWriter(
      { name, namespace, at: second.firstBatchAt ?? '2026-11-23T00:44:38.000Z' },
      writer.written,
    );
    for (const each of [writer, other]) for (let batch = 0; batch < 20; batch++) each.batch();
  });
  await log.believe(other!.vkey);
  return { log, other: other! };
}

const within = ['--since', '2026-11-23T00:46:50Z', '--until', '2026-11-23T00:47:00Z'];

describe.concurrent('a range of time in which one node has nothing and another has', () => {
  test('since all that the one sealed around it was deleted: missing record', async () => {
    const { log, other } = await twoNodes();
    await using attacked = log;
    const before = await attacked.verify(...within);
    expect([before.findings, before.code], before.report).toEqual([[], 0]);
    const { records, events } = attacked.writer.written;
    const isGone = (source: Buffer) => {
      const [, origin, batch] = /"origin":"([^"]+)","batch":(\d+)/u.exec(source.toString()) ?? [];
      return origin === other.origin && Number(batch) >= 8 && Number(batch) < 17;
    };
    const ids = (all: typeof records) => all.filter(({ source }) => isGone(source)).map(({ id }) => id);
    await attacked.installation.remove('records', ...ids(records));
    await attacked.installation.remove('events', ...ids(events));
    const after = await attacked.verify(...within);
    expect([after.findings, after.code], after.report).toEqual([
      [`missing record: ${other.origin}, batch 8 (and all up to batch 16)`],
      1,
    ]);
  });

  test('since the one joined later: no finding', async () => {
    const { log } = await twoNodes({ firstBatchAt: '2026-11-23T00:47:30.000Z' });
    await using attacked = log;
    const { findings, code, report } = await attacked.verify(...within);
    expect([findings, code], report).toEqual([[], 0]);
  });
});
