import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { simulatedIndex, simulatedIndexPath } from '../simulated-index.ts';
import { encodeArrival } from './arrivals.ts';
import { eventIn } from './extract.ts';
import type { Fault } from './fault.ts';
import { keyIn, numberOfKey } from './line.ts';
import type { SinkOptions, SinkStats, ToSink } from './sink.ts';

/*
 * A process that answers as Elasticsearch does, keeps the exact bytes of every event, and fails on command. As in Elasticsearch,
 * `create` of an `_id` that exists is a conflict (409), and `index` of one replaces the document: neither stores a second.
 */
const options = JSON.parse(process.argv[2] ?? '') as SinkOptions;
const decompress = promisify(gunzip);
const newline = 0x0a;
const busy =
  '"type":"es_rejected_execution_exception","reason":"rejected execution of coordinating operation"';
const license = '{"status":"active","uid":"u","type":"basic","mode":"basic"}';

/** Of the requests that are reset, the first are carried out before: a server that goes down has done them, and cannot say so. */
const carriedOutMax = 2;

const arrivals = createWriteStream(options.arrivals);
const ids = new Set<string>();
const keys = new Set<string>();
const stats: SinkStats = {
  documents: 0,
  different: 0,
  newest: 0,
  requests: 0,
  faults: { unavailable: 0, reset: 0, busy: 0, 'busy items': 0 },
};
let fault: Fault = { kind: 'none' };
let random = options.seed % 2_147_483_647 || 1;

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request, response).catch((error: unknown) => {
    // A killed shipper's request ends in the middle.
    if (request.destroyed && !request.complete) return;
    process.stderr.write(`sink: ${request.method} ${request.url}: ${String(error)}\n`);
    response.writeHead(500).end();
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://sink');
  if (pathname.endsWith('/_bulk')) return bulk(request, response);
  await bodyOf(request);
  if (pathname === '/')
    return reply(
      response,
      200,
      `{"name":"sink","cluster_name":"sink","cluster_uuid":"AAAAAAAAAAAAAAAAAAAAAA","version":{"number":"${options.version}",` +
        `"build_flavor":"default","lucene_version":"9.11.1","minimum_wire_compatibility_version":"7.17.0","minimum_index_compatibility_version":"7.0.0"},"tagline":"You Know, for Search"}`,
    );
  if (pathname === '/_license') return reply(response, 200, `{"license":${license}}`);
  if (pathname === '/_xpack')
    return reply(
      response,
      200,
      `{"license":${license},"features":{"ilm":{"available":true,"enabled":true}}}`,
    );
  if (pathname.startsWith(simulatedIndexPath)) return reply(response, 200, simulatedIndex);
  // Nothing exists here yet, whatever is asked for; what is put is acknowledged.
  if (request.method === 'PUT') return reply(response, 200, '{"acknowledged":true}');
  return reply(response, 404, '{}');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function bulk(request: IncomingMessage, response: ServerResponse): Promise<void> {
  stats.requests += 1;
  const { kind } = fault;
  if (kind === 'reset' && ++stats.faults.reset > carriedOutMax) return void request.socket.resetAndDestroy();
  const wire = await bodyOf(request);
  const body = request.headers['content-encoding'] === 'gzip' ? await decompress(wire) : wire;
  if (kind === 'unavailable') {
    stats.faults.unavailable += 1;
    return reply(response, 503, '{"error":{"type":"cluster_block_exception"},"status":503}');
  }
  if (kind === 'busy' && chance(fault)) {
    stats.faults.busy += 1;
    return reply(response, 429, `{"error":{${busy}},"status":429}`);
  }
  const text = carryOut(body, new URL(request.url ?? '/', 'http://sink').pathname);
  if (kind === 'reset') return void request.socket.resetAndDestroy();
  return reply(response, 200, text);
}

/** Stores what is to be stored, and says so. */
function carryOut(body: Buffer, path: string): string {
  const items: string[] = [];
  let errors = false;
  for (let at = 0; at < body.length;) {
    const [action, afterAction] = lineAt(body, at);
    at = afterAction;
    if (action.length === 0) continue;
    const [document, next] = lineAt(body, afterAction);
    at = next;
    const [verb = '', { _id: id, _index: index = path } = {}] =
      Object.entries(JSON.parse(action.toString()) as Record<string, { _id?: string; _index?: string }>)[0] ??
      [];
    const head = `"_index":"audit","_id":"${id ?? 'BXhHn5IBq3rT8tQpWcVd'}"`;
    if (fault.kind === 'busy items' && chance(fault)) {
      stats.faults['busy items'] += 1;
      errors = true;
      items.push(`{"${verb}":{${head},"status":429,"error":{${busy}}}}`);
    } else if (id !== undefined && ids.has(`${index} ${id}`)) {
      const conflict = verb === 'create';
      errors ||= conflict;
      items.push(
        conflict
          ? `{"${verb}":{${head},"status":409,"error":{"type":"version_conflict_engine_exception","reason":"exists"}}}`
          : `{"${verb}":{${head},"_version":2,"result":"updated","status":200}}`,
      );
    } else {
      if (id !== undefined) ids.add(`${index} ${id}`);
      // Batch records and start markers are auditseal's own, in a stream of their own.
      if (!index.includes('auditseal.batch')) store(document);
      items.push(
        `{"${verb}":{${head},"_version":1,"result":"created","_seq_no":1,"_primary_term":1,"status":201}}`,
      );
    }
  }
  return `{"took":3,"errors":${errors},"items":[${items.join(',')}]}`;
}

function lineAt(body: Buffer, at: number): [line: Buffer, next: number] {
  const found = body.indexOf(newline, at);
  const end = found === -1 ? body.length : found;
  return [body.subarray(at, end), end + 1];
}

function store(document: Buffer): void {
  const event = eventIn(document, options.form);
  for (const bytes of encodeArrival(event)) arrivals.write(bytes);
  stats.documents += 1;
  const key = keyIn(event);
  keys.add(key ?? event.toString('latin1'));
  stats.newest = Math.max(stats.newest, numberOfKey(key));
  stats.different = keys.size;
}

/** The same sequence in every run with one seed (Park and Miller's generator). */
function chance(of: { share: number }): boolean {
  random = (random * 48_271) % 2_147_483_647;
  return random / 2_147_483_647 < of.share;
}

function reply(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' })
    .end(body);
}

process.on('message', (message: ToSink) => {
  if ('fault' in message) fault = message.fault;
  if ('close' in message) {
    server.closeAllConnections();
    arrivals.end(() => process.exit());
  } else process.send?.(stats);
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
