import { Readable } from 'node:stream';
import { errors } from '@elastic/elasticsearch';
import { messageOf } from '../error.ts';
import type { ElasticsearchClient } from './client.ts';
import { noConnection } from './connector.ts';
import { ElasticsearchError } from './error.ts';
import type { TimeLimit } from './time-limit.ts';
import { noTrust } from './tls-trust.ts';

export interface ElasticsearchRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  /** An object is sent as JSON. A string is JSON text, a Buffer is gzip-compressed lines of JSON: both are sent as they are. */
  body?: object | string | Buffer;
  signal?: AbortSignal | undefined;
  /** The longest answer that is read whole; default 64 MiB. A longer one is `bad-response`. */
  answerBytesMax?: number | undefined;
  /** Statuses of 400 and above that are answers, not errors. */
  expect?: readonly number[];
}

/** What a message names a request by. */
export function whereOf({ method, path }: ElasticsearchRequest): string {
  return `${method} ${path}`;
}

/** An answer of any status of which the body is still to come. */
export interface BegunAnswer {
  status: number;
  headers: Readonly<Record<string, unknown>>;
  /** To be iterated over to its end, or returned: else the connection stays open. Throws ElasticsearchError. */
  chunks: AsyncGenerator<Buffer, void>;
}

type Connection = Parameters<ElasticsearchClient['connectionPool']['markDead']>[0];

/** One request on its way, as far as a failure needs it. */
interface Sending {
  client: ElasticsearchClient;
  where: string;
  limit: TimeLimit;
  /** The caller's. */
  signal: AbortSignal | undefined;
}

/**
 * Sends one request once, within a limit that holds until the last byte of the answer is there. Throws ElasticsearchError.
 *
 * Client 9 asks by its own methods for `application/vnd.elasticsearch+json; compatible-with=9`, which an 8.x server
 * refuses (400, media_type_header_exception). Plain `application/json` is understood by both.
 */
export async function exchange(
  client: ElasticsearchClient,
  wanted: ElasticsearchRequest,
  limit: TimeLimit,
): Promise<BegunAnswer> {
  const { method, path, query, body, signal } = wanted;
  const sending = { client, where: whereOf(wanted), limit, signal };
  const content = Buffer.isBuffer(body) ? { bulkBody: body } : body === undefined ? {} : { body };
  // Undici has no timeout while a body is being sent, nor for an answer that trickles: ours is for the whole.
  limit.resume();
  try {
    const answer = await client.transport.request(
      { method, path, ...(query && { querystring: query }), ...content },
      {
        headers: headersFor(client, body),
        signal: signal ? AbortSignal.any([signal, limit.signal]) : limit.signal,
        meta: true,
        // The transport would parse an error page of a proxy before looking at its status.
        asStream: true,
        compression: false,
        maxRetries: 0,
      },
    );
    const { statusCode, headers, body: stream, meta } = answer;
    if (!(stream instanceof Readable)) throw new TypeError('the transport gave no stream');
    return { status: statusCode, headers, chunks: chunksOf(sending, stream, statusCode, meta.connection) };
  } catch (cause) {
    limit.pause();
    throw failure(sending, cause);
  }
}

async function* chunksOf(
  sending: Sending,
  stream: Readable,
  status: number,
  connection: Connection | null,
): AsyncGenerator<Buffer, void> {
  const { client, limit } = sending;
  try {
    for await (const chunk of stream) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('the transport gave no bytes');
      limit.pause();
      yield chunk;
      limit.resume();
    }
    judge(client, connection, ![502, 503, 504].includes(status));
  } catch (cause) {
    throw failure(sending, cause, connection);
  } finally {
    limit.pause();
    stream.destroy();
  }
}

/** The transport itself leaves a node out that gives no answer; of an answer that it hands on as a stream it learns nothing more. */
function judge(
  { connectionPool }: ElasticsearchClient,
  connection: Connection | null | undefined,
  isAlive: boolean,
): void {
  if (!connection) return;
  if (isAlive) connectionPool.markAlive(connection);
  else if (connection.status === 'alive') connectionPool.markDead(connection);
}

function headersFor(
  { credentials: { header } }: ElasticsearchClient,
  body: ElasticsearchRequest['body'],
): Record<string, string> {
  const accept = { accept: 'application/json', ...(header !== undefined && { authorization: header }) };
  if (!Buffer.isBuffer(body)) return { ...accept, 'content-type': 'application/json' };
  return { ...accept, 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
}

function failure(
  { client, where, limit, signal }: Sending,
  cause: unknown,
  connection?: Connection | null,
): ElasticsearchError {
  if (!signal?.aborted) judge(client, connection, false);
  if (limit.signal.aborted)
    return new ElasticsearchError('timeout', `${where}: no whole answer in ${client.requestSeconds} s`, {
      cause,
    });
  if (signal?.aborted) return new ElasticsearchError('aborted', `${where}: aborted`, { cause });
  const why = messageOf(cause);
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (cause instanceof errors.TimeoutError || code === 'UND_ERR_BODY_TIMEOUT')
    return new ElasticsearchError('timeout', `${where}: ${why}`, { cause });
  // Without the X-Elastic-Product header somebody else answers at this address.
  if (cause instanceof errors.ProductNotSupportedError)
    return new ElasticsearchError('bad-response', `${where}: ${why}`, { cause });
  const unsent = why.startsWith(noTrust) || why.startsWith(noConnection);
  const kind = why.startsWith(noTrust) ? 'untrusted' : 'unreachable';
  return new ElasticsearchError(kind, `${where}: ${why}`, { cause, unsent });
}
