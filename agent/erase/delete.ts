import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { request } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { EraseError } from './error.ts';

const atOnce = 1000;

const answerSchema = z.object({
  items: z.array(
    z.object({
      delete: z.object({
        status: z.int(),
        error: z.object({ type: z.string(), reason: z.string() }).optional(),
      }),
    }),
  ),
});

/** Documents, each in its backing index: a data stream itself lets none be deleted by id. */
export interface Doomed {
  index: string;
  id: string;
}

/**
 * Deletes documents, and waits until no search finds them. One that is gone already is deleted. Returns how many were there; throws
 * ElasticsearchError, and EraseError `not-deleted` with what Elasticsearch says of the first that it keeps.
 */
export async function deleteDocuments(
  client: ElasticsearchClient,
  documents: readonly Doomed[],
  { signal, onDeleted }: { signal?: AbortSignal | undefined; onDeleted?: (count: number) => void },
): Promise<number> {
  let deleted = 0;
  for (let at = 0; at < documents.length; at += atOnce) {
    const some = documents.slice(at, at + atOnce);
    const lines = some.map(({ index, id }) => `${JSON.stringify({ delete: { _index: index, _id: id } })}\n`);
    const { body } = await request(client, {
      method: 'POST',
      path: '/_bulk',
      query: { refresh: 'wait_for', filter_path: 'items.*.status,items.*.error.type,items.*.error.reason' },
      body: gzipSync(lines.join('')),
      signal,
    });
    const { data } = answerSchema.safeParse(body);
    if (data?.items.length !== some.length)
      throw new EraseError('not-deleted', 'POST /_bulk: the answer is not about what was to be deleted');
    const kept = data.items.findIndex(({ delete: { status } }) => status !== 200 && status !== 404);
    deleted += data.items.filter(({ delete: { status } }) => status === 200).length;
    onDeleted?.(deleted);
    if (kept >= 0) throw notDeleted(some[kept]!, data.items[kept]!.delete);
  }
  return deleted;
}

function notDeleted(
  { index, id }: Doomed,
  { status, error }: z.infer<typeof answerSchema>['items'][number]['delete'],
): EraseError {
  return new EraseError(
    'not-deleted',
    `${index}: ${id} was not deleted: ${status} (${error?.type}: ${error?.reason}). The role needs the privilege delete on the events’ ` +
      'stream, and the index no write block; the statements stand: run the same command again (docs/operations.md, “A person’s events”)',
  );
}
