import type { ElasticsearchClient } from './client.ts';
import { ElasticsearchError } from './error.ts';
import { exchange, whereOf } from './exchange.ts';
import type { BegunAnswer, ElasticsearchRequest } from './exchange.ts';
import { readText } from './read-text.ts';
import { messageOf } from '../error.ts';
import { TimeLimit } from './time-limit.ts';

export interface ElasticsearchAnswer {
  status: number;
  /** Parsed JSON. */
  body: unknown;
}

/** A hostile or broken server must not fill the memory: no answer that is read whole is larger. */
const wholeBytesMax = 64 * 1024 * 1024;

/** How much of an error's body a message holds. */
const reasonCharsMax = 1000;

/**
 * Sends one request and reads its answer whole. Throws ElasticsearchError. Nothing is tried again, with one exception: a key that
 * Elasticsearch did not take, and that its file has replaced meanwhile.
 */
export async function request(
  client: ElasticsearchClient,
  wanted: ElasticsearchRequest,
): Promise<ElasticsearchAnswer> {
  const where = whereOf(wanted);
  const { status, chunks } = await send(client, wanted);
  const text = await textOf(where, chunks, wanted.answerBytesMax);
  return { status, body: parse(where, status, text) };
}

/**
 * As {@link request}, but yields the bytes of the answer as they come. The time that the caller takes between two chunks does not
 * count against `requestSeconds`.
 */
export async function* requestStream(
  client: ElasticsearchClient,
  wanted: ElasticsearchRequest,
): AsyncGenerator<Buffer, void> {
  const { chunks } = await send(client, wanted);
  yield* chunks;
}

async function send(client: ElasticsearchClient, wanted: ElasticsearchRequest): Promise<BegunAnswer> {
  const where = whereOf(wanted);
  const limit = new TimeLimit(client.requestSeconds);
  const answer = await exchange(client, wanted, limit);
  if (!isError(answer, wanted)) return answer;
  const error = fromStatus(where, answer, await textOf(where, answer.chunks));
  if (error.code !== 'unauthorized' || !(await takesUpNewKey(client, error))) throw error;
  const second = await exchange(client, wanted, limit);
  if (!isError(second, wanted)) return second;
  throw fromStatus(where, second, await textOf(where, second.chunks));
}

function isError({ status }: BegunAnswer, { expect }: ElasticsearchRequest): boolean {
  return status >= 400 && expect?.includes(status) !== true;
}

/** Whether the key's file has another key by now. A file that is of no use is told with the error, and the key that was read last stays. */
async function takesUpNewKey(
  { credentials }: ElasticsearchClient,
  error: ElasticsearchError,
): Promise<boolean> {
  const before = credentials.header;
  try {
    await credentials.readAgain();
  } catch (cause) {
    error.message += ` (and what the file of the key holds now is of no use: ${messageOf(cause)})`;
  }
  return credentials.header !== before;
}

async function textOf(
  where: string,
  chunks: AsyncIterable<Buffer>,
  bytesMax = wholeBytesMax,
): Promise<string> {
  try {
    return await readText(chunks, bytesMax);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ElasticsearchError('bad-response', `${where}: ${cause.message}`, { cause });
  }
}

function parse(where: string, status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `${where}: ${status} with an answer that is not JSON: ${text.slice(0, 200)}`;
    throw new ElasticsearchError('bad-response', message, { cause, status });
  }
}

function fromStatus(where: string, { status, headers }: BegunAnswer, text: string): ElasticsearchError {
  return new ElasticsearchError(codeOf(status), `${where}: ${status} ${text.slice(0, reasonCharsMax)}`, {
    status,
    retryAfterSeconds: parseRetryAfter(headers['retry-after']),
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
