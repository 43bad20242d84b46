import { writeFile } from 'node:fs/promises';
import { expect, inject, test } from 'vitest';
import { createLogger } from '../../../agent/observe/index.ts';
import { Lookup } from '../../../agent/ship/index.ts';
import { standIn } from '../../kit/stand-in.ts';
import type { Reply } from '../../kit/stand-in.ts';
import { definesFinding, openLookup } from './finding.ts';

const { signal } = new AbortController();
const stream = 'logs-x';

/** Of the backing indices a, b and c only b has a document. */
const answers = ({ path, body }: { path: string; body: Buffer }): Reply => {
  if (path.startsWith('/_resolve/'))
    return { body: JSON.stringify({ data_streams: [{ name: stream, backing_indices: ['a', 'b', 'c'] }] }) };
  const { docs } = JSON.parse(body.toString()) as { docs: Record<string, string>[] };
  const having = docs.map((place) => ({ ...place, found: Object.values(place).includes('b') }));
  return { body: JSON.stringify({ docs: having }) };
};

definesFinding(() => inject('elasticsearchUrl'));

test('a lookup asks with its own key, and with the renewed one as soon as that is refused', async () => {
  let refusals = 1;
  await using server = await standIn((received) =>
    (refusals -= 1) >= 0 ? { status: 403, body: '{}' } : answers(received),
  );
  const { lookup, lookupApiKeyFile, failures } = await openLookup(server.url);
  await writeFile(lookupApiKeyFile, 'bmV3\n');
  const wanted = { stream, ids: ['1'], since: new Set(['b']), signal };
  expect(await lookup.find(wanted)).toEqual(new Map([['1', ['b']]]));
  expect(failures()).toBe(0);
  expect(server.requests.map(({ path, headers }) => [path.split('?')[0], headers.authorization])).toEqual([
    ['/_resolve/index/logs-x', 'ApiKey a2V5'],
    ['/_resolve/index/logs-x', 'ApiKey bmV3'],
    ['/_mget', 'ApiKey bmV3'],
  ]);
});

test('lookups that fail three times in a row give way, and are tried again the next time', async () => {
  let status = 503;
  await using server = await standIn((received) =>
    status === 200 ? answers(received) : { status, body: '{}' },
  );
  const { lookup } = await openLookup(server.url);
  const wanted = { stream, ids: ['1'], since: new Set(['c']), signal };
  for (let i = 0; i < 2; i += 1)
    await expect(lookup.find(wanted)).rejects.toMatchObject({ code: 'rejected' });
  for (let i = 0; i < 2; i += 1) expect(await lookup.find(wanted)).toBeUndefined();
  status = 200;
  expect(await lookup.find(wanted)).toEqual(new Map());
  status = 503;
  await expect(lookup.find(wanted)).rejects.toMatchObject({ code: 'rejected' });
});

test('where nobody is to be reached no number of failures lets documents go unseen', async () => {
  const server = await standIn({});
  const { lookup } = await openLookup(server.url);
  await server[Symbol.asyncDispose]();
  for (let i = 0; i < 5; i += 1)
    await expect(lookup.find({ stream, ids: ['1'], since: new Set(['a']), signal })).rejects.toMatchObject({
      code: 'rejected',
    });
});

test('an answer that is not about what was asked counts as a failure, never as nothing found', async () => {
  for (const body of [
    '{"docs":[]}',
    '{"docs":[{"_index":"c","_id":"1","error":{"type":"unavailable"}}]}',
    '{}',
    '[]',
    '<',
  ])
    for (const at of ['/_resolve/', '/_mget']) {
      if (at === '/_resolve/' && body.startsWith('{"')) continue;
      await using server = await standIn((received) =>
        received.path.startsWith(at) ? { body } : answers(received),
      );
      const { lookup } = await openLookup(server.url);
      await expect(
        lookup.find({ stream, ids: ['1'], since: new Set(['c']), signal }),
        `${at} ${body}`,
      ).rejects.toMatchObject({ code: 'rejected' });
    }
});

test('a key file that cannot be read is named with its key in the configuration', async () => {
  const lookupApiKeyFile = '/nowhere/lookup-key';
  const opening = Lookup.open(
    { urls: ['http://127.0.0.1:1'], requestSeconds: 5, lookupApiKeyFile },
    { logger: createLogger('fatal'), onFailure: () => undefined },
  );
  await expect(opening).rejects.toMatchObject({ code: 'settings' });
  await expect(opening).rejects.toThrow(`elasticsearch.lookupApiKeyFile: ${lookupApiKeyFile} cannot be read`);
});
