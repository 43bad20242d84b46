import type { ElasticsearchClient } from './client.ts';
import { ElasticsearchError } from './error.ts';
import { request } from './request.ts';

export interface BulkRequest {
  stream: string;
  /** Lines of a bulk body that only creates, gzip-compressed; several gzip members may follow each other. */
  gzipBody: Buffer;
  /** How many documents the body has: an answer about another number is none. */
  count: number;
  signal?: AbortSignal | undefined;
}

export interface BulkItem {
  status: number;
  error?: { type: string; reason: string };
  /** `used` or `failed`: the document is NOT in the stream, whatever the status says. */
  failureStore?: string;
  index?: string;
}

export interface BulkAnswer {
  status: number;
  /** One for each document, in the order sent. */
  items: BulkItem[];
}

/** Cuts the answer by three quarters; what decides about a document is left. */
const answerFields =
  'errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store,items.*._index';

/**
 * `pipeline`: over what `index.default_pipeline` says, should somebody have set it since the start check. A
 * `final_pipeline` cannot be skipped (seen on 8.19 and 9.5): what it drops shows in the answer, see {@link isDropped}.
 */
const query = { require_data_stream: 'true', pipeline: '_none', filter_path: answerFields };

/**
 * Sends one bulk request once, its bytes as they are, and returns what became of each document.
 * Throws ElasticsearchError: anything but a whole answer about exactly `count` documents is an error, never a success.
 */
export async function bulk(client: ElasticsearchClient, wanted: BulkRequest): Promise<BulkAnswer> {
  const path = `/${encodeURIComponent(wanted.stream)}/_bulk`;
  const { status, body } = await request(client, {
    method: 'POST',
    path,
    query,
    body: wanted.gzipBody,
    signal: wanted.signal,
  });
  const bad = (why: string) => new ElasticsearchError('bad-response', `POST ${path}: ${why}`, { status });
  if (!isObject(body) || typeof body['errors'] !== 'boolean' || !Array.isArray(body['items']))
    throw bad(`${status} without "errors" and "items"`);
  const items = body['items'].map((item: unknown, i) => {
    const read = readItem(item);
    if (!read) throw bad(`item ${i} is not about one creation: ${JSON.stringify(item).slice(0, 200)}`);
    return read;
  });
  if (items.length !== wanted.count)
    throw bad(`the answer is about ${items.length} documents, sent were ${wanted.count}`);
  return { status, items };
}

/**
 * Whether the document is in the stream now: it was created, or was there already. A failure store takes what was refused
 * and reports success, and so does a pipeline for what it drops.
 */
export function isStored(item: BulkItem): boolean {
  return (item.status === 201 || item.status === 409) && !isInFailureStore(item);
}

/** The document is in the stream's failure store, or nowhere, whatever the status says. */
export function isInFailureStore({ failureStore }: BulkItem): boolean {
  return failureStore === 'used' || failureStore === 'failed';
}

/**
 * Success is reported and nothing was created: Elasticsearch answers 200 `noop` for what a `drop` processor takes away.
 * We ask for creations alone, so that no other answer below 400 than 201 means that the document is there.
 */
export function isDropped(item: BulkItem): boolean {
  return item.status < 400 && item.status !== 201 && !isInFailureStore(item);
}

/** Why a document is not in its stream, for whoever tries again. `what` names the document, or says how many and which. */
export function notStored(stream: string, what: string, item: BulkItem): ElasticsearchError {
  const { status, error } = item;
  if (isDropped(item))
    return new ElasticsearchError(
      'dropped',
      `${stream}: ${what} was answered with ${status} and is stored nowhere: an ingest pipeline drops it. ` +
        `Look for index.final_pipeline (GET /${stream}/_settings) and find out who set it; ` +
        `PUT /${stream}/_settings {"index.final_pipeline":"_none"} takes it away`,
      { status },
    );
  const why = isInFailureStore(item) ? 'it went to a failure store' : `${error?.type}: ${error?.reason}`;
  const code = status === 429 || status >= 500 ? 'rejected' : 'refused';
  return new ElasticsearchError(code, `${stream}: ${what}: ${status} (${why})`, { status });
}

function readItem(item: unknown): BulkItem | undefined {
  const result = isObject(item) ? item['create'] : undefined;
  if (!isObject(result)) return undefined;
  const { status, error, failure_store: failureStore, _index: index } = result;
  if (typeof status !== 'number' || !Number.isInteger(status)) return undefined;
  return {
    status,
    ...(isObject(error) && { error: { type: text(error['type']), reason: text(error['reason']) } }),
    ...(typeof failureStore === 'string' && { failureStore }),
    ...(typeof index === 'string' && { index }),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
