import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createLogger } from '../../agent/observe/index.ts';
import { bulk } from '../../agent/ship/bulk.ts';
import { createClient, eventStream, installTemplates, Lookup } from '../../agent/ship/index.ts';
import { backingIndices, randomNamespace, rollover } from '../elasticsearch/index.ts';
import { standIn, type Reply } from '../ship/stand-in.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-lookup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const stream = 'logs-x';

async function open(url: string, key = 'lookup') {
  const lookupApiKeyFile = join(folder, key);
  await writeFile(lookupApiKeyFile, 'a2V5\n');
  let failures = 0;
  const lookup = await Lookup.open(
    { urls: [url], requestSeconds: 5, username: 'u', passwordFile: '/nowhere', lookupApiKeyFile },
    { logger: createLogger('fatal'), failed: () => (failures += 1) },
  );
  return { lookup: lookup!, lookupApiKeyFile, failures: () => failures };
}

const answers = (path: string): Reply => {
  if (path.startsWith('/_resolve/'))
    return { body: JSON.stringify({ data_streams: [{ name: stream, backing_indices: ['a', 'b', 'c'] }] }) };
  const found = path.startsWith('/b/');
  return { body: JSON.stringify({ docs: [{ _id: '1', found }] }) };
};

test('documents are found at once, before any refresh, in every backing index from the one seen before on', async () => {
  const url = inject('elasticsearchUrl');
  const namespace = randomNamespace();
  const events = eventStream(namespace);
  const client = await createClient({ urls: [url], requestSeconds: 60 });
  await installTemplates(client, { namespace, retentionDays: 400 });
  const create = (...ids: string[]) =>
    bulk(client, {
      stream: events,
      gzipBody: gzipSync(
        ids.map((id) => `{"create":{"_id":"${id}"}}\n{"@timestamp":"2026-11-23T00:44:38.000Z"}\n`).join(''),
      ),
      count: ids.length,
    });
  const { lookup } = await open(url);
  const find = (since: string | undefined, ids = ['1', '2', '3', '4']) =>
    lookup.find({ stream: events, ids, since: new Set([since]), signal });
  expect(await find(undefined)).toEqual(new Map());
  await create('1', '2');
  await rollover(url, events);
  await create('2', '3');
  const [first = '', second = ''] = await backingIndices(url, events);
  expect(await find(first)).toEqual(
    new Map([
      ['1', [first]],
      ['2', [first, second]],
      ['3', [second]],
    ]),
  );
  expect([...(await find(second))!.keys()].toSorted()).toEqual(['2', '3']);
  for (const unknown of [undefined, '.ds-deleted-by-retention-000001'])
    expect([...(await find(unknown))!.keys()].toSorted()).toEqual(['1', '2', '3']);
  await lookup.close();
  await client.close();
});

test('a lookup asks with its own key, and with the renewed one after a refusal', async () => {
  let refusals = 1;
  await using server = await standIn(({ path }) =>
    (refusals -= 1) >= 0 ? { status: 403, body: '{}' } : answers(path),
  );
  const { lookup, lookupApiKeyFile, failures } = await open(server.url, 'renewed');
  await writeFile(lookupApiKeyFile, 'bmV3\n');
  const wanted = { stream, ids: ['1'], since: new Set(['b']), signal };
  await expect(lookup.find(wanted)).rejects.toMatchObject({ code: 'rejected', status: 403 });
  expect(await lookup.find(wanted)).toEqual(new Map([['1', ['b']]]));
  expect(failures()).toBe(1);
  expect(server.requests.map(({ path, headers }) => [path.split('?')[0], headers.authorization])).toEqual([
    ['/_resolve/index/logs-x', 'ApiKey a2V5'],
    ['/_resolve/index/logs-x', 'ApiKey bmV3'],
    ['/b/_mget', 'ApiKey bmV3'],
    ['/c/_mget', 'ApiKey bmV3'],
  ]);
  await lookup.close();
});

test('lookups that fail three times in a row give way, and are tried again the next time', async () => {
  let status = 503;
  await using server = await standIn(({ path }) => (status === 200 ? answers(path) : { status, body: '{}' }));
  const { lookup } = await open(server.url);
  const wanted = { stream, ids: ['1'], since: new Set(['c']), signal };
  for (let i = 0; i < 2; i += 1)
    await expect(lookup.find(wanted)).rejects.toMatchObject({ code: 'rejected' });
  for (let i = 0; i < 2; i += 1) expect(await lookup.find(wanted)).toBeUndefined();
  status = 200;
  expect(await lookup.find(wanted)).toEqual(new Map());
  status = 503;
  await expect(lookup.find(wanted)).rejects.toMatchObject({ code: 'rejected' });
  await lookup.close();
});

test('where nobody is to be reached no number of failures lets documents go unseen', async () => {
  const server = await standIn({});
  const { lookup } = await open(server.url);
  await server[Symbol.asyncDispose]();
  for (let i = 0; i < 5; i += 1)
    await expect(lookup.find({ stream, ids: ['1'], since: new Set(['a']), signal })).rejects.toMatchObject({
      code: 'rejected',
    });
  await lookup.close();
});

test('an answer that is not about what was asked counts as a failure, never as nothing found', async () => {
  for (const body of [
    '{"docs":[]}',
    '{"docs":[{"_id":"1","error":{"type":"unavailable"}}]}',
    '{}',
    '[]',
    '<',
  ])
    for (const at of ['/_resolve/', '/c/']) {
      if (at === '/_resolve/' && body.startsWith('{"')) continue;
      await using server = await standIn(({ path }) => (path.startsWith(at) ? { body } : answers(path)));
      const { lookup } = await open(server.url);
      await expect(
        lookup.find({ stream, ids: ['1'], since: new Set(['c']), signal }),
        `${at} ${body}`,
      ).rejects.toMatchObject({ code: 'rejected' });
      await lookup.close();
    }
});

test('a key file that cannot be read is named with its key in the configuration', async () => {
  const lookupApiKeyFile = join(folder, 'missing');
  const opening = Lookup.open(
    { urls: ['http://127.0.0.1:1'], requestSeconds: 5, lookupApiKeyFile },
    { logger: createLogger('fatal'), failed: () => undefined },
  );
  await expect(opening).rejects.toMatchObject({ code: 'settings' });
  await expect(opening).rejects.toThrow(`elasticsearch.lookupApiKeyFile: ${lookupApiKeyFile} cannot be read`);
});
