import { Readable } from 'node:stream';
import { errors } from '@elastic/elasticsearch';
import { messageOf } from '../error.ts';
import type { ElasticsearchClient } from './client.ts';
import { noConnection } from './connector.ts';
import { ElasticsearchError } from './error.ts';
import { readText } from './read-text.ts';
import { noTrust } from './tls-trust.ts';

export interface ElasticsearchRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  /** An object is sent as JSON. A Buffer is sent as it is, as gzip-compressed lines of JSON. */
  body?: object | Buffer;
  signal?: AbortSignal | undefined;
  /** Statuses of 400 and above that are answers, not errors. */
  expect?: readonly number[];
}

export interface ElasticsearchAnswer {
  status: number;
  /** Parsed JSON. */
  body: unknown;
}

type Connection = Parameters<ElasticsearchClient['connectionPool']['markDead']>[0];

/** No answer that we ask for is larger. */
const responseBytesMax = 64 * 1024 * 1024;

/**
 * Sends one request once. Throws ElasticsearchError.
 *
 * Client 9 asks by its own methods for `application/vnd.elasticsearch+json; compatible-with=9`, which an 8.x server
 * refuses (400, media_type_header_exception). Plain `application/json` is understood by both.
 */
export async function request(
  client: ElasticsearchClient,
  wanted: ElasticsearchRequest,
): Promise<ElasticsearchAnswer> {
  const { method, path, query, body } = wanted;
  const where = `${method} ${path}`;
  // Undici has no timeout while a body is being sent, nor for an answer that trickles: this one is for the whole.
  const limit = AbortSignal.timeout(client.requestSeconds * 1000);
  const signal = wanted.signal ? AbortSignal.any([wanted.signal, limit]) : limit;
  const content = Buffer.isBuffer(body) ? { bulkBody: body } : body === undefined ? {} : { body };
  let connection: Connection | null | undefined;
  try {
    const answer = await client.transport.request(
      { method, path, ...(query && { querystring: query }), ...content },
      // As a stream, because the transport would parse an error page of a proxy before looking at its status.
      {
        headers: headersFor(client, body),
        signal,
        meta: true,
        asStream: true,
        compression: false,
        maxRetries: 0,
      },
    );
    connection = answer.meta.connection;
    const { statusCode, headers, body: stream } = answer;
    if (!(stream instanceof Readable)) throw new TypeError('the transport gave no stream');
    const text = await readText(stream, responseBytesMax);
    judge(client, connection, ![502, 503, 504].includes(statusCode));
    // The key may have been renewed: what is tried next is sent with what its file says now.
    const unread = statusCode === 401 || statusCode === 403 ? await readKeyAgain(client) : '';
    if (statusCode >= 400 && !wanted.expect?.includes(statusCode))
      throw fromStatus(where, statusCode, headers['retry-after'], `${text.slice(0, 500)}${unread}`);
    return { status: statusCode, body: parse(where, statusCode, text) };
  } catch (cause) {
    if (cause instanceof ElasticsearchError) throw cause;
    connection ??= connectionOf(cause);
    if (!wanted.signal?.aborted) judge(client, connection, false);
    if (limit.aborted)
      throw new ElasticsearchError('timeout', `${where}: no whole answer in ${client.requestSeconds} s`, {
        cause,
      });
    if (wanted.signal?.aborted) throw new ElasticsearchError('aborted', `${where}: aborted`, { cause });
    throw translate(where, cause);
  }
}

/** Why the key's file is of no use now, for a message; empty if it is. The key that was read last stays. */
async function readKeyAgain({ credentials }: ElasticsearchClient): Promise<string> {
  try {
    await credentials.readAgain();
    return '';
  } catch (error) {
    return ` (and what the file of the key holds now is of no use: ${messageOf(error)})`;
  }
}

/** The transport itself only learns from connections that fail; not from a limit of ours, nor from what it gives as a stream. */
function judge(
  { connectionPool }: ElasticsearchClient,
  connection: Connection | null | undefined,
  isAlive: boolean,
): void {
  if (!connection) return;
  if (isAlive) connectionPool.markAlive(connection);
  else if (connection.status === 'alive') connectionPool.markDead(connection);
}

function connectionOf(error: unknown): Connection | null | undefined {
  return error instanceof errors.RequestAbortedError ? error.meta?.meta.connection : undefined;
}

function headersFor(
  { credentials: { header } }: ElasticsearchClient,
  body: object | undefined,
): Record<string, string> {
  const accept = { accept: 'application/json', ...(header !== undefined && { authorization: header }) };
  if (!Buffer.isBuffer(body)) return { ...accept, 'content-type': 'application/json' };
  return { ...accept, 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
}

function parse(where: string, status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `${where}: ${status} with an answer that is not JSON: ${text.slice(0, 200)}`;
    throw new ElasticsearchError('bad-response', message, { cause, status });
  }
}

function translate(where: string, cause: unknown): ElasticsearchError {
  const why = messageOf(cause);
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (cause instanceof errors.TimeoutError || code === 'UND_ERR_BODY_TIMEOUT')
    return new ElasticsearchError('timeout', `${where}: ${why}`, { cause });
  // Too long, or without the X-Elastic-Product header: somebody else answers at this address.
  if (cause instanceof RangeError || cause instanceof errors.ProductNotSupportedError)
    return new ElasticsearchError('bad-response', `${where}: ${why}`, { cause });
  const unsent = why.startsWith(noTrust) || why.startsWith(noConnection);
  const kind = why.startsWith(noTrust) ? 'untrusted' : 'unreachable';
  return new ElasticsearchError(kind, `${where}: ${why}`, { cause, unsent });
}

function fromStatus(where: string, status: number, retryAfter: unknown, text: string): ElasticsearchError {
  const message = `${where}: ${status} ${text}`;
  return new ElasticsearchError(codeOf(status), message, {
    status,
    retryAfterSeconds: parseRetryAfter(retryAfter),
  });
}

function codeOf(status: number): ElasticsearchError['code'] {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 408) return 'timeout';
  if (status === 413) return 'too-large';
  return [429, 502, 503, 504].includes(status) ? 'rejected' : 'refused';
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function parseRetryAfter(header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d{1,9}$/u.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}
