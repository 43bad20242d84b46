import { gzipSync } from 'node:zlib';
import pRetry from 'p-retry';
import { bulk, isStored, notStored } from './bulk.ts';
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
  const item = items[0]!;
  if (isStored(item)) return item.status === 409 ? 'there already' : 'created';
  throw notStored(stream, `document ${id}`, item);
}
