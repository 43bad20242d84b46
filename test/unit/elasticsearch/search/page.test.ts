import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bulk, createClient, request, searchPage } from '../../../../agent/elasticsearch/index.ts';
import type { ClientSettings } from '../../../../agent/elasticsearch/index.ts';
import { Authority } from '../../../kit/certificates.ts';
import { tlsRelay } from '../../../kit/relays.ts';
import { standIn } from '../../../kit/stand-in.ts';
import type { Reply } from '../../../kit/stand-in.ts';

const hit = (id: string) => `{"_index":"i","_id":"${id}","_source":{"n":1}}`;
const page = (...ids: string[]) =>
  `{"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[${ids.map(hit).join(',')}]}}`;

/** Several are more than what lies in the buffers between a server and a search. */
const largeHit = (id: string) =>
  `{"_index":"i","_id":"${id}","_source":{"more":"${'x'.repeat(1024 * 1024)}"}}`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-page-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The ids of the hits that one search finds; `onHit` is awaited with each. */
async function search(
  settings: ClientSettings,
  { onHit, signal }: { onHit?: (id: string) => unknown; signal?: AbortSignal } = {},
): Promise<string[]> {
  const client = await createClient(settings);
  const ids: string[] = [];
  try {
    for await (const { id } of searchPage(client, { path: '/s/_search', body: '{}', signal })) {
      ids.push(id);
      await onHit?.(id);
    }
    return ids;
  } finally {
    await client.close();
  }
}

const head = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' };

/** Begins like an answer, and goes on with a byte now and then. */
const trickle: Reply = {
  send: (response) => {
    response.writeHead(200, head);
    response.write('{"timed_out":false,"hits":{"hits":[');
    const timer = setInterval(() => response.write(' '), 50);
    response.on('close', () => clearInterval(timer));
  },
};

test('a search whose answer only trickles is a timeout', async () => {
  await using server = await standIn(trickle);
  await expect(search({ urls: [server.url], requestSeconds: 0.5 })).rejects.toMatchObject({
    code: 'timeout',
  });
});

test('the time that the caller takes over a hit is not counted against the answer', async () => {
  const ids = Array.from({ length: 12 }, (_, i) => String(i));
  const hits = ids.map(largeHit).join(',');
  await using server = await standIn({
    body: `{"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[${hits}]}}`,
  });
  const limit = 4;
  const onHit = (id: string) => (id === '0' ? delay((limit + 1) * 1000) : undefined);
  expect(await search({ urls: [server.url], requestSeconds: limit }, { onHit })).toEqual(ids);
});

test('a search that is refused takes up a renewed key and goes on', async () => {
  const apiKeyFile = join(folder, 'key');
  await writeFile(apiKeyFile, 'b2xk');
  await using server = await standIn(({ headers }) => {
    if (headers.authorization === 'ApiKey bmV3') return { body: page('1') };
    return {
      send: (response) => {
        void writeFile(apiKeyFile, 'bmV3').then(() => response.writeHead(401, head).end('{}'));
      },
    };
  });
  expect(await search({ urls: [server.url], apiKeyFile, requestSeconds: 5 })).toEqual(['1']);
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['ApiKey b2xk', 'ApiKey bmV3']);
});

test("the caller's signal ends a search in the middle of its answer", async () => {
  await using server = await standIn(trickle);
  const stop = new AbortController();
  const searching = search({ urls: [server.url], requestSeconds: 60 }, { signal: stop.signal });
  await expect.poll(() => server.requests.length).toBe(1);
  stop.abort();
  await expect(searching).rejects.toMatchObject({ code: 'aborted' });
});

const closes: Reply = {
  send: (response) => {
    response.writeHead(200, { ...head, 'content-length': '1000' });
    response.write('{"hits":{"hits":[', () => response.destroy());
  },
};

/** The codes of a failure of a search, of a bulk request and of any other. */
async function codesOf(settings: ClientSettings): Promise<unknown[]> {
  const client = await createClient(settings);
  const body = { stream: 's', gzipBody: Buffer.alloc(0), count: 1 };
  const codes = await Promise.all(
    [search(settings), bulk(client, body), request(client, { method: 'GET', path: '/x' })].map((work) =>
      work.then(
        () => 'done',
        (error: unknown) => Reflect.get(Object(error), 'code') as unknown,
      ),
    ),
  );
  await client.close();
  return codes;
}

test.each<[string, Reply, string]>([
  ['401', { status: 401, body: '{}' }, 'unauthorized'],
  ['403', { status: 403, body: '{}' }, 'unauthorized'],
  ['408', { status: 408, body: 'late' }, 'timeout'],
  ['413', { status: 413, body: 'too large' }, 'too-large'],
  ['429', { status: 429, body: '{}' }, 'rejected'],
  ['503', { status: 503, body: '<html>' }, 'rejected'],
  ['400', { status: 400, body: '{}' }, 'refused'],
  ['500', { status: 500, body: '{}' }, 'refused'],
  ['a page that is not JSON', { body: '<html>' }, 'bad-response'],
  ['another server', { headers: { 'x-elastic-product': '' }, body: page('1') }, 'bad-response'],
  ['an answer that breaks off', closes, 'unreachable'],
])('%s means the same to every request', async (_name, reply, code) => {
  await using server = await standIn(reply);
  expect(await codesOf({ urls: [server.url], requestSeconds: 5 })).toEqual([code, code, code]);
});

test('a server that is not trusted is the same to every request', async () => {
  const ca = await Authority.make(folder, 'ca');
  const other = await Authority.make(folder, 'other');
  await using server = await standIn({ body: page('1') });
  const identity = await other.identity('other-server', 'IP:127.0.0.1');
  await using relay = await tlsRelay(server.url, () => identity);
  const settings = { urls: [`https://127.0.0.1:${relay.port}`], caFile: ca.file, requestSeconds: 5 };
  expect(await codesOf(settings)).toEqual(['untrusted', 'untrusted', 'untrusted']);
  expect(server.requests).toEqual([]);
});
