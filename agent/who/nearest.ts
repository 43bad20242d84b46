import { z } from 'zod';
import type { ElasticsearchClient, PointInTime } from '../elasticsearch/index.ts';
import { search } from './events.ts';
import { literal } from './name-pattern.ts';

/** Names that are proposed for one. */
const namesMax = 3;
/** Of a longer one Elasticsearch makes no automaton in reasonable time. */
const unitsMax = 200;

const answerSchema = z.object({
  suggest: z.object({
    near: z.array(z.object({ options: z.array(z.object({ text: z.string() })) })),
  }),
  aggregations: z.object({
    around: z.object({ names: z.object({ buckets: z.array(z.object({ key: z.string() })) }) }),
  }),
});

/**
 * Names that a field has, and that are nearest to one that it does not have: up to two characters differ, or it is a part of
 * them (`oidc:alice` for `alice`). At any time. Throws ElasticsearchError and WhoError.
 */
export async function nearestNames(
  client: ElasticsearchClient,
  pit: PointInTime,
  { field, name }: { field: string; name: string },
  signal?: AbortSignal,
): Promise<string[]> {
  if (name.length > unitsMax) return [];
  const body = {
    size: 0,
    track_total_hits: false,
    suggest: {
      near: {
        text: name,
        term: {
          field,
          size: namesMax,
          suggest_mode: 'always',
          prefix_length: 0,
          min_word_length: 2,
          max_edits: 2,
        },
      },
    },
    aggs: {
      around: {
        filter: { wildcard: { [field]: { value: `*${literal(name)}*`, case_insensitive: true } } },
        aggs: { names: { terms: { field, size: 50 } } },
      },
    },
  };
  const { suggest, aggregations } = await search(client, pit, body, { answer: answerSchema, signal });
  const near = suggest.near.flatMap(({ options }) => options.map(({ text }) => text));
  // An event may have several groups, of which only some hold the name.
  const around = aggregations.around.names.buckets
    .map(({ key }) => key)
    .filter((key) => key.toLowerCase().includes(name.toLowerCase()));
  return [...new Set([...near, ...around])].filter((found) => found !== name).slice(0, namesMax);
}
