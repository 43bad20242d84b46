import { z } from 'zod';
import type { ElasticsearchClient } from '../client.ts';
import { ElasticsearchError } from '../error.ts';
import { request } from '../request.ts';
import type { PointInTime } from './point-in-time.ts';

const answerSchema = z.object({
  timed_out: z.literal(false),
  _shards: z.object({ failed: z.literal(0) }),
  hits: z.object({ total: z.object({ value: z.int().min(0), relation: z.literal('eq') }) }),
});

/** Documents of a point in time that a query takes, counted exactly. Throws ElasticsearchError, `bad-response` where some shard did not answer. */
export async function countHits(
  client: ElasticsearchClient,
  pit: PointInTime,
  query: object,
  signal?: AbortSignal,
): Promise<number> {
  const { body } = await request(client, {
    method: 'POST',
    path: '/_search',
    query: { allow_partial_search_results: 'false' },
    body: { size: 0, track_total_hits: true, pit: pit.wanted, query },
    signal,
  });
  const { data, error } = answerSchema.safeParse(body);
  if (!data) throw new ElasticsearchError('bad-response', 'POST /_search: no exact count', { cause: error });
  return data.hits.total.value;
}
