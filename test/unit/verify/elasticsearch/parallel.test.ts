import { expect, inject, test } from 'vitest';
import { createClient } from '../../../../agent/elasticsearch/index.ts';
import { eventDocumentId, leafHash } from '../../../../agent/seal/index.ts';
import { ElasticsearchStreams } from '../../../../agent/verify/index.ts';
import type { LogExtent } from '../../../../agent/verify/streams.ts';
import { backingIndices, createDocument } from '../../../kit/elasticsearch/index.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { Installation } from '../../../kit/installation.ts';

const url = inject('elasticsearchUrl');

/** Three logs of one cluster, of different sizes. */
function threeLogs() {
  const installation = new Installation(url);
  const first = new LogWriter({ namespace: installation.namespace });
  const others = ['cp-2', 'cp-3'].map(
    (node) => new LogWriter({ name: { cluster: 'prod', node, source: 'kube-apiserver' } }, first.written),
  );
  const writers = [first, ...others];
  for (const [at, writer] of writers.entries()) {
    writer.marker(1);
    for (let batch = 0; batch <= at; batch += 1) writer.batch({ events: 4 });
  }
  return { installation, writers, written: first.written };
}

type Logs = ReturnType<typeof threeLogs>;

/** The sorted findings, the exit code and the counts, one log after the other and all beside one another. */
async function both({ installation, writers }: Logs, ...more: string[]) {
  const now = ['--now', writers.at(-1)!.now.toISOString(), '--json', ...more];
  const judged = [];
  for (const parameters of [[], ['--parallel', '3']]) {
    const { all, code } = await installation.verify(...now, ...parameters);
    const lines = all.stdout.map((line) => JSON.parse(line) as Record<string, unknown>);
    // Other tests make namespaces in the same Elasticsearch meanwhile.
    const { parts, otherNamespaces: _, ...summary } = lines.find(({ type }) => type === 'summary')!;
    const findings = lines
      .filter(({ type }) => type === 'finding')
      .map((finding) => JSON.stringify(finding))
      .toSorted();
    judged.push({ code, findings, summary, parts });
  }
  return { alone: judged[0]!, beside: judged[1]! };
}

/** A document that says that it is of this origin, at this index. */
function forged(origin: unknown, sequence: unknown): Buffer {
  const event = { id: 'x', sequence };
  return Buffer.from(
    JSON.stringify({ '@timestamp': '2026-11-23T00:44:33Z', event, auditseal: { origin, batch: 0 } }),
  );
}

test('logs read beside one another give the findings and counts of one after the other, whatever was done to them', async () => {
  const logs = threeLogs();
  const { installation, writers, written } = logs;
  const [a, b, c] = writers as [LogWriter, LogWriter, LogWriter];
  await installation.write(written);
  const honest = await both(logs);
  expect(honest.beside).toMatchObject({ code: 0, findings: [], summary: honest.alone.summary });
  expect(honest.beside.parts).toEqual(
    [1, 1, 1].map((count) => expect.objectContaining({ logs: count }) as unknown),
  );

  const eventsOf = ({ log }: LogWriter) => written.events.filter(({ id }) => id.startsWith(log.logId));
  const [gone, edited] = eventsOf(a);
  await installation.remove('events', gone!.id, eventsOf(c)[5]!.id);
  await installation.put(
    'events',
    edited!.id,
    Buffer.from(edited!.source.toString().replace('"get"', '"put"')),
  );
  // Of one log by its `_id`, of another by its bytes, of two by its origin, of none.
  const crossed = forged(c.origin, 3);
  const stream = installation.stream('events');
  await createDocument(url, stream, eventDocumentId(a.log.logId, 3, leafHash(crossed)), crossed);
  await createDocument(url, stream, 'two-origins', forged([a.origin, b.origin], 2));
  await createDocument(url, stream, 'no-origin', forged(undefined, 2));
  await createDocument(url, stream, 'far', forged(b.origin, 999_999_999_999));
  await createDocument(url, stream, 'nobody', forged('prod/cp-9/kube-apiserver/20261123T004438Z', 0));
  const { alone, beside } = await both(logs);
  expect(alone.code).toBe(1);
  expect(beside.code).toBe(1);
  expect(beside.findings).toEqual(alone.findings);
  expect(alone.findings.length).toBeGreaterThanOrEqual(8);
});

test('under a field that somebody bent, parts could not be checked, and one log after the other could', async () => {
  const logs = threeLogs();
  const { installation, written } = logs;
  await installation.write(written);
  const index = (await backingIndices(url, installation.stream('events'))).at(-1)!;
  const answer = await fetch(`${url}/${index}/_mapping`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ runtime: { 'auditseal.origin': { type: 'keyword' } } }),
  });
  expect(await answer.json()).toEqual({ acknowledged: true });
  const { alone, beside } = await both(logs);
  expect([alone.code, beside.code]).toEqual([0, 2]);
  expect(beside.summary['obstacle']).toMatch(/^parts rest on fields .* without --parallel and --resume/u);
});

test('searches that give another number of documents than the stream has do not give all that is there', async () => {
  const { installation, writers, written } = threeLogs();
  await installation.write(written);
  const client = await createClient({ urls: [url], requestSeconds: 60 });
  const { namespace } = installation;
  const [a, b, c] = writers.map(({ origin }) => ({ origin, from: 0, to: 5 }));
  const unreadAlone = async (logs: LogExtent[]) => {
    await using streams = await ElasticsearchStreams.open(client, { namespace, refreshMilliseconds: 0 });
    for await (const some of streams.events(logs)) void [...some];
    return streams.unread;
  };
  const unreadOf = async (groups: LogExtent[][]) => {
    await using streams = await ElasticsearchStreams.open(client, { namespace, refreshMilliseconds: 0 });
    for (const part of await streams.eventParts(groups)) for await (const some of part) void [...some];
    return streams.unread;
  };
  expect(await unreadOf([[a!, c!], [b!]])).toBeUndefined();
  expect(await unreadOf([[a!], [a!, b!]])).toMatch(/gave 28 documents, and .* 24 to read: some were left/u);
  expect(await unreadAlone([a!, b!, c!])).toBeUndefined();
  expect(await unreadAlone([a!, a!, b!, c!])).toMatch(
    /gave 28 documents, and .* 24 to read: some were left/u,
  );
  await client.close();
});

test.each(['0', '17', 'two', '-1'])('--parallel %s is refused', async (count) => {
  const { all, code } = await new Installation('http://127.0.0.1:1').verify(`--parallel=${count}`);
  expect([code, all.stderr]).toEqual([2, expect.stringContaining('from 1 to 16')]);
});
