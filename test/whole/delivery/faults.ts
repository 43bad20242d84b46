import { gunzipSync } from 'node:zlib';
import { readBulk, writeBulk } from './bulk-lines.ts';
import type { BulkLine } from './bulk-lines.ts';
import type { Answer, Exchange, Fault } from './fault-proxy.ts';

const page = '<html><body><h1>An error of the proxy</h1></body></html>';

/** Elasticsearch or a proxy turns the request away. */
export function status(code: number, headers: Record<string, string> = {}): Fault {
  return async ({ body, reply }) => {
    await body();
    reply({
      status: code,
      headers: { 'content-type': 'application/json', ...headers },
      body: `{"error":{"type":"a_fault","reason":"of the test"},"status":${code}}`,
    });
  };
}

/** A page of a proxy, before anything was passed on, or in the place of an answer to what was done. */
export function htmlPage(code: number, done: boolean): Fault {
  return async ({ body, pass, reply }) => {
    await (done ? pass() : body());
    reply({ status: code, isElasticsearch: false, headers: { 'content-type': 'text/html' }, body: page });
  };
}

/** The connection is reset before any of the body was read, in the middle of it, or when all is done. */
export function reset(when: 'before' | 'during' | 'after'): Fault {
  return async ({ incoming, socket, pass }) => {
    if (when === 'during') await new Promise((resolve) => incoming.once('data', resolve));
    if (when === 'after') await pass();
    socket.resetAndDestroy();
  };
}

/** Nothing comes back; what was sent was read and done, read, or not even read. */
export function silence(when: 'unread' | 'read' | 'done'): Fault {
  return async ({ incoming, body, pass }) => {
    if (when === 'unread') incoming.pause();
    else await (when === 'done' ? pass() : body());
  };
}

/** Done, but the answer breaks off: by the length that was promised, or whole as HTTP and cut as JSON. */
export function cutAnswer(how: 'length' | 'json'): Fault {
  return async ({ pass, response, reply }) => {
    const answer = await pass();
    const whole = Buffer.from(answer.body ?? '');
    const half = whole.subarray(0, whole.length / 2);
    if (how === 'json') return reply({ ...withoutLength(answer), body: half });
    response.writeHead(200, { 'x-elastic-product': 'Elasticsearch', 'content-length': whole.length });
    return void response.write(half, () => response.destroy());
  };
}

/** Done, and answered with what is JSON but no bulk answer. */
export function otherJson(body: string): Fault {
  return async ({ pass, reply }) => {
    await pass();
    reply({ status: 200, headers: { 'content-type': 'application/json' }, body });
  };
}

interface Item {
  status: number;
  error?: { type: string; reason: string };
  ['failure_store']?: string;
}

/** Some documents are not passed on, and answered with an item of the test's; undefined: it is passed on. */
export function items(choose: (line: BulkLine, index: number) => Item | undefined): Fault {
  return async ({ body, pass, reply }) => {
    const lines = readBulk(await body());
    const chosen = lines.map(choose);
    const kept = lines.filter((_line, i) => chosen[i] === undefined);
    const answer = kept.length > 0 ? await pass(writeBulk(kept)) : undefined;
    if (answer && answer.status !== 200) return reply(answer);
    const real = answer
      ? (JSON.parse(String(answer.body)) as { errors: boolean; items: unknown[] })
      : undefined;
    const merged = chosen.map((item) => (item ? { create: item } : real?.items.shift()));
    const errors = real?.errors === true || chosen.some((item) => item?.error !== undefined);
    return reply({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ errors, items: merged }),
    });
  };
}

/** An item that Elasticsearch had no time or room for. */
export function itemError(code: 429 | 500 | 503): Item {
  const type = {
    429: 'es_rejected_execution_exception',
    500: 'a_fault',
    503: 'unavailable_shards_exception',
  };
  return { status: code, error: { type: type[code], reason: 'of the test' } };
}

/**
 * Bodies above a limit of decompressed bytes. `413` as Elasticsearch 8.19 and 9.5 were seen to do it (http.max_content_length
 * 1mb): a 413 without a body, without X-elastic-product, `connection: close`, and the end of the connection, while the
 * client is still sending. `close`: the same where the answer is lost on the way, by the reset that unread bytes cause.
 */
export function limit(bytesMax: number, how: '413' | 'close'): Fault {
  return async (exchange: Exchange) => {
    const { body, pass, reply, socket, response } = exchange;
    const received = await body();
    if (gunzipSync(received).length <= bytesMax) return reply(await pass());
    if (how === 'close') return void socket.resetAndDestroy();
    socket.write('HTTP/1.1 413 Request Entity Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    socket.end();
    return void response.destroy();
  };
}

/** Only this API key may; 401 for none, 403 for another. */
export function onlyKey(key: () => string): Fault {
  return async (exchange) => {
    const { authorization } = exchange.incoming.headers;
    if (authorization === `ApiKey ${key()}`) return exchange.reply(await exchange.pass());
    return await status(authorization === undefined ? 401 : 403)(exchange);
  };
}

function withoutLength({ status: code, headers = {} }: Answer): Answer {
  const { 'content-length': _length, ...rest } = headers;
  return { status: code, headers: rest };
}
