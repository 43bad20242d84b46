import { expect, inject, test } from 'vitest';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import { eventStream, installTemplates, recordStream } from '../../../agent/streams/index.ts';
import {
  allDocuments,
  backingIndices,
  createDocument,
  deleteDocument,
  putSource,
  randomNamespace,
  refresh,
  removeNamespace,
  rollover,
} from './index.ts';

const source = (text: string) => Buffer.from(`{ "@timestamp":"2026-11-23T01:00:00Z" ,"x":${text}}`);

async function read(url: string, stream: string): Promise<[string, string, string][]> {
  await refresh(url, stream);
  const found: [string, string, string][] = [];
  for await (const document of allDocuments(url, stream))
    found.push([document.id, document.index, document.source.toString()]);
  return found.toSorted(([a], [b]) => a.localeCompare(b));
}

test('documents are read from all backing indices, changed and deleted behind the stream, and removed', async () => {
  const url = inject('elasticsearchUrl');
  const namespace = randomNamespace();
  const stream = eventStream(namespace);
  const client = await createClient({ urls: [url], requestSeconds: 20 });
  await installTemplates(client, { namespace, retentionDays: 400 });
  expect(await backingIndices(url, stream)).toEqual([]);

  const odd = '[1.0e3,"\\u0026}]\\"{",{"_source":{"a":[]}},"\\\\"]';
  await createDocument(url, stream, 'a', source(odd));
  await createDocument(url, stream, 'b', source('2'));
  await rollover(url, stream);
  await createDocument(url, stream, 'c', source('3'));
  const indices = await backingIndices(url, stream);
  const [first = '', second = ''] = indices;
  expect(indices).toHaveLength(2);
  expect(await read(url, stream)).toEqual([
    ['a', first, source(odd).toString()],
    ['b', first, source('2').toString()],
    ['c', second, source('3').toString()],
  ]);

  await putSource(url, first, 'b', source('4'));
  await deleteDocument(url, second, 'c');
  expect(await read(url, stream)).toEqual([
    ['a', first, source(odd).toString()],
    ['b', first, source('4').toString()],
  ]);
  await expect(putSource(url, first, 'none', source('5'))).rejects.toThrow('404');

  await createDocument(url, recordStream(namespace), 'r', source('6'));
  await removeNamespace(url, namespace);
  for (const name of [stream, recordStream(namespace)]) {
    expect(await backingIndices(url, name)).not.toContain(first);
    if ((await backingIndices(url, name)).length > 0) expect(await read(url, name)).toEqual([]);
  }
});

test('more documents than a page are all read once', async () => {
  const url = inject('elasticsearchUrl');
  const namespace = randomNamespace();
  const stream = eventStream(namespace);
  await installTemplates(await createClient({ urls: [url], requestSeconds: 20 }), {
    namespace,
    retentionDays: 1,
  });
  const lines = Array.from(
    { length: 1_234 },
    (_, i) => `{"create":{"_id":"${i}"}}\n${source(String(i)).toString()}\n`,
  );
  const headers = { 'content-type': 'application/x-ndjson' };
  await fetch(`${url}/${stream}/_bulk`, { method: 'POST', headers, body: lines.join('') });
  const found = await read(url, stream);
  expect(new Set(found.map(([id]) => id)).size).toBe(1_234);
  expect(found).toHaveLength(1_234);
});
