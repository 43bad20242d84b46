import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { SinkCounts } from './sink.ts';
import { simulatedIndex, simulatedIndexPath } from '../simulated-index.ts';

/**
 * A process of its own that answers as Elasticsearch does and keeps nothing: what is measured is the shipper. It counts
 * the documents of each data stream or index, and sends its port and, when asked (any message), its counts to its parent.
 */
const decompress = promisify(gunzip);
const newline = 0x0a;

const counts: SinkCounts = { documents: 0, requests: 0, wireBytes: 0, bodyBytes: 0, arrivals: [] };

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`sink: ${request.method} ${request.url}: ${String(error)}\n`);
    response.writeHead(500).end();
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sink');
  const wire = await bodyOf(request);
  if (pathname.endsWith('/_bulk'))
    return reply(response, 200, await bulk(request, wire, searchParams.has('filter_path')));
  if (pathname.startsWith(simulatedIndexPath)) return reply(response, 200, simulatedIndex);
  // Nothing exists here yet, whatever is asked for; what is put is acknowledged.
  if (request.method === 'PUT') return reply(response, 200, '{"acknowledged":true}');
  if (pathname === '/' || pathname.startsWith('/_cat/'))
    return reply(response, 200, '{"version":{"number":"9.5.3"}}');
  return reply(response, 404, '{}');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

async function bulk(request: IncomingMessage, wire: Buffer, filtered: boolean): Promise<string> {
  const body = request.headers['content-encoding'] === 'gzip' ? await decompress(wire) : wire;
  let lines = 0;
  for (let at = body.indexOf(newline); at >= 0; at = body.indexOf(newline, at + 1)) lines += 1;
  const items = lines / 2;
  const verb = body.toString('latin1', 0, 12).startsWith('{"create"') ? 'create' : 'index';
  counts.requests += 1;
  counts.wireBytes += wire.length;
  counts.bodyBytes += body.length;
  // Batch records and start markers are one document each, in a stream of their own, and not what was asked to be shipped.
  if (!request.url?.includes('auditseal.batch')) {
    counts.documents += items;
    counts.arrivals.push([Date.now(), counts.documents]);
  }
  return `{"took":3,"errors":false,"items":[${itemOf(verb, filtered).repeat(items).slice(0, -1)}]}`;
}

/** Whole, or what the agent's filter_path leaves. */
function itemOf(verb: 'create' | 'index', filtered: boolean): string {
  const index = '"_index":".ds-logs-sink-2026.11.23-000001"';
  if (filtered) return `{"${verb}":{${index},"status":201}},`;
  return `{"${verb}":{${index},"_id":"BXhHn5IBq3rT8tQpWcVd","_version":1,"result":"created","_shards":{"total":2,"successful":1,"failed":0},"_seq_no":1,"_primary_term":1,"status":201}},`;
}

function reply(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' })
    .end(body);
}

process.on('message', () => process.send?.(counts));
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
