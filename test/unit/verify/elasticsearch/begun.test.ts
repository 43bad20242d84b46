import { expect, inject, test } from 'vitest';
import { verifyLogs, ElasticsearchStreams } from '../../../../agent/verify/index.ts';
import type { Finding, Summary } from '../../../../agent/verify/index.ts';
import { createClient } from '../../../../agent/elasticsearch/index.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import type { Written } from '../../../kit/seal/log.ts';
import { Installation } from '../../../kit/installation.ts';

const url = inject('elasticsearchUrl');
const node = (name: string) => ({ cluster: 'prod', node: name, source: 'kube-apiserver' });

/** What is found if `meanwhile` happens when the records have been read and the events have not. */
async function judge(
  { namespace }: Installation,
  now: Date,
  meanwhile: () => Promise<void>,
): Promise<{ findings: string[]; summary: Summary }> {
  const client = await createClient({ urls: [url], requestSeconds: 60 });
  const streams = await ElasticsearchStreams.open(client, { namespace, refreshMilliseconds: 100 });
  const events = streams.events.bind(streams);
  streams.events = async function* (logs) {
    await meanwhile();
    yield* events(logs);
  };
  const findings: Finding[] = [];
  const judgement = verifyLogs(streams, { now });
  try {
    for (;;) {
      const next = await judgement.next();
      if (next.done === true)
        return { findings: findings.map(({ finding, id }) => `${finding} ${id}`), summary: next.value };
      findings.push(next.value);
    }
  } finally {
    await streams[Symbol.asyncDispose]();
    await client.close();
  }
}

/** Three events and their record, of a node of its own. */
function logOf(namespace: string, name: string): { writer: LogWriter; written: Written } {
  const writer = new LogWriter({ namespace, name: node(name) });
  writer.marker(1);
  writer.batch({ events: 3 });
  return { writer, written: writer.written };
}

test('a log that begins while another is verified is not yet recorded', async () => {
  const place = new Installation(url);
  const known = logOf(place.namespace, 'cp-1');
  await place.write(known.written);
  const begun = logOf(place.namespace, 'cp-2');
  const { findings, summary } = await judge(place, known.writer.now, () => place.write(begun.written));
  expect(findings).toEqual([]);
  expect(summary).toMatchObject({ exitCode: 0, events: 3, notYetRecorded: 3 });
});

test('where no stream is there when the records are read, it could not be checked, whatever begins meanwhile', async () => {
  const place = new Installation(url);
  const begun = logOf(place.namespace, 'cp-1');
  const judged = judge(place, begun.writer.now, () => place.write(begun.written));
  await expect(judged).rejects.toMatchObject({ code: 'no-stream' });
});

test('a log of which there is a start marker alone may have its first two batches under way, and no more', async () => {
  const place = new Installation(url);
  const known = logOf(place.namespace, 'cp-1');
  await place.write(known.written);
  const begun = logOf(place.namespace, 'cp-2');
  begun.writer.batch({ events: 1 });
  begun.writer.batch({ events: 1 });
  const marker = { ...begun.written, records: begun.written.records.slice(0, 1) };
  const { findings, summary } = await judge(place, known.writer.now, () => place.write(marker));
  expect(findings).toEqual([`inserted ${begun.written.events.at(-1)!.id}`]);
  expect(summary.notYetRecorded).toBe(4);
});

test('events of a log that had something unsigned in the record stream before are inserted all the same', async () => {
  const place = new Installation(url);
  const known = logOf(place.namespace, 'cp-1');
  await place.write(known.written);
  const forged = logOf(place.namespace, 'cp-2');
  const source = Buffer.from(
    JSON.stringify({
      '@timestamp': '2026-11-23T00:44:38Z',
      auditseal: { origin: forged.writer.origin, batch: 0 },
    }),
  );
  await place.create('records', [{ index: '', id: 'forged', source }]);
  const { findings } = await judge(place, known.writer.now, () =>
    place.create('events', forged.written.events.slice(0, 1)),
  );
  expect(findings).toContain(`inserted ${forged.written.events[0]!.id}`);
});
