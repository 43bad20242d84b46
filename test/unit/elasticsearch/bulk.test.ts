import { describe, expect, test } from 'vitest';
import { bulk, createClient } from '../../../agent/elasticsearch/index.ts';
import type { BulkAnswer } from '../../../agent/elasticsearch/index.ts';
import { gzipBody } from '../../kit/body.ts';
import { standIn } from '../../kit/stand-in.ts';
import type { Reply } from '../../kit/stand-in.ts';

const created = '{"create":{"_index":".ds-s-000001","status":201}}';
const body = gzipBody([
  { id: '1', source: '{}' },
  { id: '2', source: '{}' },
]);

interface Options {
  requestSeconds?: number;
  signal?: AbortSignal;
}

async function send(url: string, options: Options = {}): Promise<BulkAnswer> {
  const client = await createClient({ urls: [url], requestSeconds: options.requestSeconds ?? 5 });
  return bulk(client, { stream: 's', gzipBody: body, count: 2, signal: options.signal });
}

async function sendTo(reply: Reply, options: Options = {}): Promise<BulkAnswer> {
  await using server = await standIn(reply);
  try {
    return await send(server.url, options);
  } finally {
    expect(server.requests.length, 'the client must not retry by itself').toBeLessThanOrEqual(1);
  }
}

test('the stored bytes go out untouched, marked as gzip, to a data stream or nowhere', async () => {
  await using server = await standIn({ body: `{"errors":false,"items":[${created},${created}]}` });
  expect(await send(server.url)).toEqual({
    status: 200,
    items: [
      { status: 201, index: '.ds-s-000001' },
      { status: 201, index: '.ds-s-000001' },
    ],
  });
  const [received] = server.requests;
  expect(received?.body.equals(body)).toBe(true);
  expect(received?.headers).toMatchObject({
    'content-encoding': 'gzip',
    'content-type': 'application/x-ndjson',
    'content-length': String(body.length),
  });
  expect(received?.method).toBe('POST');
  expect(received?.path).toMatch(/^\/s\/_bulk\?require_data_stream=true&pipeline=_none&filter_path=errors/u);
});

test('what became of each document is told in the order sent, the failure store included', async () => {
  const refused =
    '{"create":{"status":400,"error":{"type":"document_parsing_exception","reason":"why","caused_by":{}}}}';
  const aside = '{"create":{"status":201,"failure_store":"used","_index":".fs-s-000001"}}';
  expect((await sendTo({ body: `{"errors":true,"items":[${refused},${aside}]}` })).items).toEqual([
    { status: 400, error: { type: 'document_parsing_exception', reason: 'why' } },
    { status: 201, failureStore: 'used', index: '.fs-s-000001' },
  ]);
});

describe('an answer that is not a whole bulk answer is an error', () => {
  const html = { headers: { 'content-type': 'text/html' } };
  const cases: [string, Reply, string][] = [
    ['a page of a proxy', { ...html, body: '<html>ok</html>' }, 'bad-response'],
    ['an empty body', { body: '' }, 'bad-response'],
    ['an empty object', { body: '{}' }, 'bad-response'],
    ['null', { body: 'null' }, 'bad-response'],
    ['JSON that is cut off', { body: `{"errors":false,"items":[${created},${created}` }, 'bad-response'],
    ['fewer items than sent', { body: `{"errors":false,"items":[${created}]}` }, 'bad-response'],
    [
      'more items than sent',
      { body: `{"errors":false,"items":[${created},${created},${created}]}` },
      'bad-response',
    ],
    [
      'items of another action',
      { body: '{"errors":false,"items":[{"index":{"status":201}},{"index":{"status":201}}]}' },
      'bad-response',
    ],
    [
      'items without a status',
      { body: '{"errors":false,"items":[{"create":{}},{"create":{}}]}' },
      'bad-response',
    ],
    ['no "errors"', { body: `{"items":[${created},${created}]}` }, 'bad-response'],
    ['a redirect', { status: 302, headers: { location: '/login' } }, 'bad-response'],
    [
      'a server that is not Elasticsearch',
      { headers: { 'x-elastic-product': '' }, body: `{"errors":false,"items":[${created},${created}]}` },
      'bad-response',
    ],
    ['401', { status: 401, body: '{"error":"no"}' }, 'unauthorized'],
    ['403', { status: 403, body: '{"error":"no"}' }, 'unauthorized'],
    ['413', { status: 413, body: 'too large' }, 'too-large'],
    ['400', { status: 400, body: '{"error":{"reason":"x"}}' }, 'refused'],
    ['404', { status: 404, body: '{}' }, 'refused'],
    ['500', { status: 500, body: '{}' }, 'refused'],
    ['502', { status: 502, ...html, body: '<html>' }, 'rejected'],
    ['503', { status: 503, body: '{}' }, 'rejected'],
    ['429', { status: 429, body: '{}' }, 'rejected'],
    ['a connection that closes without an answer', { send: (response) => response.destroy() }, 'unreachable'],
    [
      'a connection that closes in the middle of the answer',
      {
        send: (response) => {
          response.writeHead(200, { 'x-elastic-product': 'Elasticsearch', 'content-length': '1000' });
          response.write(`{"errors":false,"items":[${created},${created}]}`, () => response.destroy());
        },
      },
      'unreachable',
    ],
  ];
  test.each(cases)('%s', async (_name, reply, code) => {
    await expect(sendTo(reply)).rejects.toMatchObject({ name: 'ElasticsearchError', code });
  });
});

test('Retry-After is passed on, as seconds and as a date', async () => {
  const inSeconds = { status: 429, headers: { 'retry-after': '7' } };
  await expect(sendTo(inSeconds)).rejects.toMatchObject({ status: 429, retryAfterSeconds: 7 });
  const date = new Date(Date.now() + 86_400_000).toUTCString();
  const error: unknown = await sendTo({ status: 503, headers: { 'retry-after': date } }).catch(
    (e: unknown) => e,
  );
  expect(error).toMatchObject({ status: 503 });
  expect(Reflect.get(Object(error), 'retryAfterSeconds')).toBeGreaterThan(80_000);
  await expect(sendTo({ status: 503, headers: { 'retry-after': 'soon' } })).rejects.toMatchObject({
    retryAfterSeconds: undefined,
  });
});

test('no connection is unreachable, with the address', async () => {
  await expect(send('http://127.0.0.1:1')).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('127.0.0.1:1') as unknown,
  });
});

test('a server that says nothing is a timeout', async () => {
  await expect(sendTo({ send: () => undefined }, { requestSeconds: 0.3 })).rejects.toMatchObject({
    code: 'timeout',
  });
});

test('an answer that only trickles is a timeout too', async () => {
  const trickle: Reply = {
    send: (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    },
  };
  await expect(sendTo(trickle, { requestSeconds: 0.5 })).rejects.toMatchObject({ code: 'timeout' });
});

test("the caller's signal ends a request, before and while it runs", async () => {
  const silent = { send: () => undefined };
  await expect(sendTo(silent, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  const controller = new AbortController();
  const reply: Reply = { send: () => controller.abort() };
  await expect(sendTo(reply, { signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' });
});

test('a stream name is not taken for a path', async () => {
  await using server = await standIn({ body: '{"errors":false,"items":[]}' });
  const client = await createClient({ urls: [server.url], requestSeconds: 5 });
  await bulk(client, { stream: '../_all?x', gzipBody: body, count: 0 });
  expect(server.requests[0]?.path).toMatch(/^\/\.\.%2F_all%3Fx\/_bulk/u);
});
