import { randomBytes } from 'node:crypto';
import pRetry, { AbortError } from 'p-retry';
import { z } from 'zod';
import { elements, members } from './json.ts';
import { fetchAgain } from '../fetch-again.ts';

/** A namespace of data streams that nobody else uses. */
export function randomNamespace(): string {
  return `t${randomBytes(6).toString('hex')}`;
}

export interface StoredDocument {
  /** The backing index. */
  index: string;
  id: string;
  /** `_source`, byte for byte as Elasticsearch holds it. */
  source: Buffer;
}

/** Every document of a stream as of now (refresh first), in no particular order. */
export async function* allDocuments(url: string, stream: string): AsyncGenerator<StoredDocument> {
  const opened = await send(url, 'POST', `/${stream}/_pit?keep_alive=5m`);
  const { id: pit } = z.object({ id: z.string() }).parse(JSON.parse(opened.toString()));
  try {
    let after: string | undefined;
    do {
      const search = `{"size":500,"track_total_hits":false,"pit":{"id":"${pit}","keep_alive":"5m"},"sort":["_shard_doc"]${after === undefined ? '' : `,"search_after":${after}`}}`;
      const answer = members(await send(url, 'POST', '/_search?allow_partial_search_results=false', search));
      after = undefined;
      for (const hit of elements(part(members(part(answer, 'hits')), 'hits'))) {
        const fields = members(hit);
        after = part(fields, 'sort').toString();
        yield { index: text(fields, '_index'), id: text(fields, '_id'), source: part(fields, '_source') };
      }
    } while (after !== undefined);
  } finally {
    await send(url, 'DELETE', '/_pit', JSON.stringify({ id: pit }));
  }
}

/** The backing indices of a stream, oldest first, the write index last; none if there is no such stream. */
export async function backingIndices(url: string, stream: string): Promise<string[]> {
  const answer = await send(url, 'GET', `/_resolve/index/${stream}*?expand_wildcards=all`);
  const shape = z.object({
    data_streams: z.array(
      z.object({ name: z.string(), backing_indices: z.union([z.string(), z.array(z.string())]) }),
    ),
  });
  const streams = shape.parse(JSON.parse(answer.toString())).data_streams;
  const indices = streams.find(({ name }) => name === stream)?.backing_indices ?? [];
  // The names end with a date and a generation of six digits, so that their order is their age.
  return [indices].flat().toSorted((a, b) => a.slice(-6).localeCompare(b.slice(-6)));
}

/** Makes what was written visible to searches. */
export async function refresh(url: string, stream: string): Promise<void> {
  await send(url, 'POST', `/${stream}/_refresh`);
}

/** Lets the stream go on in a new backing index. */
export async function rollover(url: string, stream: string): Promise<void> {
  await send(url, 'POST', `/${stream}/_rollover`);
}

/** Adds a document to a stream, as anybody can who may write to it. */
export async function createDocument(url: string, stream: string, id: string, source: Buffer): Promise<void> {
  await send(url, 'PUT', `/${stream}/_create/${encodeURIComponent(id)}?refresh=true`, source);
}

/** Replaces a document behind the stream's back. */
export async function putSource(url: string, index: string, id: string, source: Buffer): Promise<void> {
  const path = `/${index}/_doc/${encodeURIComponent(id)}`;
  const found: unknown = JSON.parse((await send(url, 'GET', `${path}?_source=false`)).toString());
  const now = z.object({ _seq_no: z.int(), _primary_term: z.int() }).parse(found);
  // Elasticsearch lets backing indices only be written to by those who say which version they replace.
  const version = new URLSearchParams({
    if_seq_no: String(now['_seq_no']),
    if_primary_term: String(now['_primary_term']),
  });
  await send(url, 'PUT', `${path}?${version.toString()}&refresh=true`, source);
}

/** Deletes a document behind the stream's back. */
export async function deleteDocument(url: string, index: string, id: string): Promise<void> {
  await send(url, 'DELETE', `/${index}/_doc/${encodeURIComponent(id)}?refresh=true`);
}

/**
 * Removes both streams of a namespace and their templates, and returns the paths of what could not be removed. A full
 * server removes everything; an embedded one has no API for data streams, so each stream stays with one empty backing
 * index, and with it the templates, until the node stops.
 */
export async function removeNamespace(url: string, namespace: string): Promise<string[]> {
  const remains: string[] = [];
  const remove = async (path: string) => {
    const response = await fetch(`${url}${path}`, { method: 'DELETE' });
    if (!response.ok && response.status !== 404) remains.push(path);
    return response.ok || response.status === 404;
  };
  for (const stream of [`logs-kubernetes.audit_logs-${namespace}`, `logs-auditseal.batch-${namespace}`]) {
    const indices = await backingIndices(url, stream);
    if (indices.length === 0 || (await remove(`/_data_stream/${stream}`))) continue;
    await rollover(url, stream);
    for (const index of indices) await remove(`/${index}`);
  }
  for (const name of ['events', 'records']) await remove(`/_index_template/auditseal-${name}-${namespace}`);
  for (const name of ['settings', 'events', 'records'])
    await remove(`/_component_template/auditseal-${name}-${namespace}`);
  return remains;
}

/** What Elasticsearch has no room for just now (429: other tests write large documents, too) was not done, and is sent again. */
async function send(url: string, method: string, path: string, body?: string | Buffer): Promise<Buffer> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const content = typeof body === 'object' ? new Uint8Array(body) : body;
  const mayRepeat = method === 'GET' || /\/_(?:search|pit|refresh)\b/u.test(path);
  const request = { method, headers, ...(content !== undefined && { body: content }) };
  return await pRetry(
    async () => {
      const response = await (mayRepeat ? fetchAgain : fetch)(`${url}${path}`, request);
      const answer = Buffer.from(await response.arrayBuffer());
      if (response.ok) return answer;
      const error = new Error(
        `${method} ${url}${path}: ${response.status} ${answer.toString().slice(0, 500)}`,
      );
      throw response.status === 429 ? error : new AbortError(error);
    },
    { retries: 60, minTimeout: 500, factor: 1 },
  );
}

function part(fields: Map<string, Buffer>, name: string): Buffer {
  const value = fields.get(name);
  if (!value) throw new Error(`no "${name}" in the answer of Elasticsearch`);
  return value;
}

function text(fields: Map<string, Buffer>, name: string): string {
  return z.string().parse(JSON.parse(part(fields, name).toString()));
}
