import { z } from 'zod';
import type { ElasticsearchClient, PointInTime } from '../elasticsearch/index.ts';
import { search } from './events.ts';
import { fields } from './fields.ts';
import { inTime, queryOf, resourceQuery } from './query.ts';
import type { Wish } from './query.ts';

/** What there is to be searched in the time asked for, whether it was asked for or not. */
export interface Reach {
  /** Copies included. */
  documents: number;
  /** Times of the first and the last event; undefined if there is none. RFC 3339, UTC, milliseconds. */
  oldest: string | undefined;
  newest: string | undefined;
  /** Lines that were no audit event: nothing in them can be searched for. */
  unreadable: number;
  /** What was asked for by a name that no event has: it may be misspelt. */
  unheardOf: string[];
}

const moment = z.object({ value: z.number().nullable(), value_as_string: z.string().optional() });
const answerSchema = z.object({
  hits: z.object({ total: z.object({ value: z.int(), relation: z.literal('eq') }) }),
  aggregations: z.object({
    oldest: moment,
    newest: moment,
    unreadable: z.object({ doc_count: z.int() }),
    named: z.object({ buckets: z.record(z.string(), z.object({ doc_count: z.int() })) }).optional(),
  }),
});

/** Throws ElasticsearchError and WhoError. */
export async function reachOf(
  client: ElasticsearchClient,
  pit: PointInTime,
  wish: Wish,
  signal?: AbortSignal,
): Promise<Reach> {
  const names = namesOf(wish);
  const body = {
    size: 0,
    track_total_hits: true,
    query: wish.time ? inTime(wish.time) : { match_all: {} },
    aggs: {
      oldest: { min: { field: fields.time, format: 'strict_date_time' } },
      newest: { max: { field: fields.time, format: 'strict_date_time' } },
      unreadable: {
        filter: {
          bool: {
            filter: [{ term: { 'event.kind': 'pipeline_error' } }],
            must_not: [{ exists: { field: fields.verb } }],
          },
        },
      },
      ...(Object.keys(names).length > 0 && { named: { filters: { filters: names } } }),
    },
  };
  const { hits, aggregations: found } = answerSchema.parse(await search(client, pit, body, signal));
  return {
    documents: hits.total.value,
    oldest: found.oldest.value_as_string,
    newest: found.newest.value_as_string,
    unreadable: found.unreadable.doc_count,
    unheardOf: Object.keys(names).filter((name) => found.named?.buckets[name]?.doc_count === 0),
  };
}

/** Of each name that was asked for, the events that have it, whatever else they are. */
function namesOf({ users, groups, resources }: Wish): Record<string, object> {
  const nothing: Wish = {
    users: [],
    groups: [],
    resources: [],
    verbs: [],
    outcomes: [],
    named: false,
    time: undefined,
  };
  return Object.fromEntries([
    ...users.map((user) => [`user ${user}`, queryOf({ ...nothing, users: [user] })]),
    ...groups.map((group) => [`group ${group}`, queryOf({ ...nothing, groups: [group] })]),
    ...resources.flatMap((wanted) =>
      wanted.kind === 'path'
        ? [[`path ${wanted.text}`, resourceQuery(wanted, true)]]
        : [[`resource ${wanted.resource}`, resourceQuery({ ...wanted, group: undefined, parts: [] }, true)]],
    ),
  ]) as Record<string, object>;
}
