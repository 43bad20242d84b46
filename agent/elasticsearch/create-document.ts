import { gzipSync } from 'node:zlib';
import pRetry from 'p-retry';
import { bulk, isStored } from './bulk.ts';
import type { ElasticsearchClient } from './client.ts';
import { ElasticsearchError } from './error.ts';

export interface NewDocument {
  stream: string;
  /** A 409 has to mean that the same is there. */
  id: string;
  /** One line of JSON without its newline. */
  source: Buffer;
  signal?: AbortSignal | undefined;
}

const retries = 2;

/** What may be another time, and does no harm if the lost answer was a success. */
const passing: ReadonlySet<string> = new Set(['unreachable', 'timeout', 'rejected', 'bad-response']);

/** Creates one document, at the third try at last. Throws ElasticsearchError: anything but stored is an error. */
export async function createDocument(
  client: ElasticsearchClient,
  document: NewDocument,
): Promise<'created' | 'there already'> {
  return await pRetry(async () => await createOnce(client, document), {
    retries,
    minTimeout: 500,
    ...(document.signal && { signal: document.signal }),
    shouldRetry: ({ error }) => error instanceof ElasticsearchError && passing.has(error.code),
  });
}

async function createOnce(
  client: ElasticsearchClient,
  { stream, id, source, signal }: NewDocument,
): Promise<'created' | 'there already'> {
  const action = Buffer.from(`${JSON.stringify({ create: { _id: id } })}\n`);
  const gzipBody = gzipSync(Buffer.concat([action, source, Buffer.from('\n')]));
  const { items } = await bulk(client, { stream, gzipBody, count: 1, signal });
  const [item] = items;
  if (item && isStored(item)) return item.status === 409 ? 'there already' : 'created';
  const { status = 0, error, failureStore } = item ?? {};
  const why = failureStore === undefined ? `${error?.type}: ${error?.reason}` : 'it went to a failure store';
  const code = status === 429 || status >= 500 ? 'rejected' : 'refused';
  throw new ElasticsearchError(code, `${stream}: document ${id} was refused with ${status} (${why})`, {
    status,
  });
}
