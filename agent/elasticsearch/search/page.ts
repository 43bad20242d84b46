import { addAbortSignal, type Readable } from 'node:stream';
import { errors } from '@elastic/elasticsearch';
import { messageOf } from '../../error.ts';
import { ElasticsearchError } from '../error.ts';
import type { ElasticsearchClient } from '../client.ts';
import { HitScanner, type Hit } from './hit-scanner.ts';

export interface Page {
  /** Below the server's root: `/_search` with a point in time, else with the stream before it. */
  path: string;
  /** The request's body, JSON text. */
  body: string;
  signal?: AbortSignal | undefined;
}

/** What an answer says beside its hits. */
interface Skeleton {
  pit_id?: string;
  timed_out?: boolean;
  _shards?: { failed?: number; failures?: unknown };
}

const reasonBytesMax = 2000;

/**
 * One search, its hits one at a time as their bytes come. Returns the id of the point in time to use from now on.
 * Throws ElasticsearchError, `partial` where some shard did not answer.
 */
export async function* searchPage(
  client: ElasticsearchClient,
  { path, body, signal }: Page,
): AsyncGenerator<Hit, string | undefined> {
  const where = `POST ${path}`;
  const answer = await send(client, path, body, signal);
  const stream = answer.body;
  // The client heeds the signal only until the answer begins.
  if (signal) addAbortSignal(signal, stream);
  const scanner = new HitScanner();
  try {
    if (answer.statusCode !== 200) throw await refusal(where, answer.statusCode, stream);
    for await (const chunk of stream) yield* scanner.push(chunk as Buffer);
  } catch (error) {
    throw translate(where, error, signal);
  } finally {
    stream.destroy();
  }
  const { pit_id: pit, timed_out: timedOut, _shards: shards } = scanner.end() as Skeleton;
  if (timedOut !== false || shards?.failed !== 0) {
    const failures = JSON.stringify(shards?.failures ?? 'no reason given').slice(0, reasonBytesMax);
    throw new ElasticsearchError('partial', `${where}: not every shard answered: ${failures}`);
  }
  return pit;
}

async function send(
  client: ElasticsearchClient,
  path: string,
  body: string,
  signal?: AbortSignal,
): Promise<{ statusCode: number; body: Readable }> {
  try {
    const { statusCode, body: stream } = await client.transport.request<Readable>(
      {
        method: 'POST',
        path,
        // A shard that fails must be an error, not fewer documents.
        querystring: { allow_partial_search_results: 'false' },
        body,
      },
      {
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        asStream: true,
        meta: true,
        compression: false,
        maxRetries: 0,
        ...(signal && { signal }),
      },
    );
    return { statusCode, body: stream };
  } catch (error) {
    throw translate(`POST ${path}`, error, signal);
  }
}

async function refusal(where: string, status: number, stream: Readable): Promise<ElasticsearchError> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.length > reasonBytesMax) break;
  }
  const codes: Record<number, ElasticsearchError['code']> = {
    401: 'unauthorized',
    403: 'unauthorized',
    429: 'rejected',
    502: 'rejected',
    503: 'rejected',
    504: 'rejected',
  };
  const message = `${where}: ${status} ${text.slice(0, reasonBytesMax)}`;
  return new ElasticsearchError(codes[status] ?? 'refused', message, { status });
}

function translate(where: string, cause: unknown, signal: AbortSignal | undefined): Error {
  if (cause instanceof ElasticsearchError) return cause;
  const why = messageOf(cause);
  if (signal?.aborted) return new ElasticsearchError('aborted', `${where}: aborted`, { cause });
  const code = cause instanceof errors.TimeoutError ? 'timeout' : 'unreachable';
  return new ElasticsearchError(code, `${where}: ${why}`, { cause });
}
