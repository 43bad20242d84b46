import { expect, inject, test } from 'vitest';
import { eventStream } from '../../../agent/streams/index.ts';
import { allDocuments, randomNamespace, refresh, removeNamespace } from '../../kit/elasticsearch/index.ts';
import {
  collect,
  countEvents,
  difference,
  startAgent,
  temporaryFolder,
  until,
  verify,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';

const url = inject('elasticsearchUrl');

/** A patch whose raw body names a key twice, as only a client's own bytes can: Elasticsearch refuses it. */
const duplicateKey =
  '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"duplicate-key","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/lab/configmaps/a","verb":"patch","user":{"username":"alice"},"sourceIPs":["127.0.0.1"],"objectRef":{"resource":"configmaps","namespace":"lab","name":"a","apiVersion":"v1"},"requestObject":{"data":{"a":"1","a":"2"}},"requestReceivedTimestamp":"2026-11-23T01:06:03.433599Z","stageTimestamp":"2026-11-23T01:06:03.433599Z"}';

const eventWithBody = (auditId: string, body: string) =>
  duplicateKey.replace('duplicate-key', auditId).replace('{"data":{"a":"1","a":"2"}}', body);

test('odd lines all arrive, byte for byte, and verify', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace });
  await using agent = await startAgent({ config });
  const odd = [
    'this is not JSON',
    'a NUL \0 in the middle',
    '',
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","user":"\xff\xfe"}',
    '{"some":"other JSON"}',
    '[]',
    'null',
    '\r',
    eventWithBody('two-megabytes', `{"data":"${'x'.repeat(2_000_000)}"}`),
    eventWithBody('deep', '['.repeat(10_000) + ']'.repeat(10_000)),
    eventWithBody('huge-integer', '{"n":12345678901234567890123,"f":1.0e3}'),
    eventWithBody('\\u2028 \\ud800', '{}'),
    duplicateKey,
  ];
  for (const line of odd) await writer.line(line);
  await writer.lines(3);
  await until(
    async () => (await countEvents(url, namespace)) === writer.count,
    () => agent.tail(),
  );
  expect(await agent.stop()).toBe(0);

  expect(difference(writer.written, await collect(url, namespace))).toEqual([]);
  const { exitCode, lines } = await verify(url, namespace);
  expect(lines.join('\n')).toContain('verified');
  expect(exitCode).toBe(0);
  await removeNamespace(url, namespace);
});

test('a line beyond entryBytesMax keeps what is bounded of it and says what was cut', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const config = await writeConfig(place.path, {
    elasticsearchUrl: url,
    namespace,
    more: { entryBytesMax: 256 * 1024 },
  });
  await using agent = await startAgent({ config });
  const body = `{"data":"${'y"},\\"'.replace('"', '\\"').repeat(100_000)}"}`;
  const long = eventWithBody('long', body);
  const text = `no JSON ${'z'.repeat(600_000)} end`;
  await writer.line(long);
  await writer.line(text);
  await writer.lines(1);
  await until(
    async () => (await countEvents(url, namespace)) === 3,
    () => agent.tail(),
  );
  expect(await agent.stop()).toBe(0);

  const documents: { kubernetes?: unknown; event: { original?: unknown }; auditseal: { cut?: unknown } }[] =
    [];
  await refresh(url, eventStream(namespace));
  for await (const { source } of allDocuments(url, eventStream(namespace)))
    documents.push(JSON.parse(source.toString()) as (typeof documents)[number]);
  const cut = documents.filter(({ auditseal }) => auditseal.cut !== undefined);
  const { requestObject: _cut, ...rest } = JSON.parse(long) as Record<string, unknown>;
  expect(
    cut.map(({ kubernetes, auditseal, event }) => ({
      kubernetes,
      cut: auditseal.cut,
      original: typeof event.original,
    })),
  ).toEqual(
    expect.arrayContaining([
      {
        kubernetes: { audit: rest },
        cut: { bytes: long.length, mac: expect.any(String) as string, fields: ['requestObject'] },
        original: 'undefined',
      },
      {
        kubernetes: undefined,
        cut: { bytes: text.length, mac: expect.any(String) as string, fields: ['original'] },
        original: 'object',
      },
    ]),
  );
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});
