import { z } from 'zod';
import type { ElasticsearchClient, PointInTime } from '../elasticsearch/index.ts';
import { search } from './events.ts';
import { fields } from './fields.ts';
import { inTime, clauseOf, resourceClause } from './query.ts';
import type { Query } from './query.ts';

/** What the stream holds in the time of a question, whether the question selects it or not. */
export interface Coverage {
  /** Copies included. */
  documents: number;
  /** Times of the first and the last event; undefined if there is none. RFC 3339, UTC, milliseconds. */
  oldest: string | undefined;
  newest: string | undefined;
  /** Lines that were no audit event: nothing in them can be searched for. */
  unreadable: number;
  /** Names in the question that no event has: they may be misspelt. */
  unknownNames: string[];
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
export async function coverageOf(
  client: ElasticsearchClient,
  pit: PointInTime,
  query: Query,
  signal?: AbortSignal,
): Promise<Coverage> {
  const names = namesOf(query);
  const body = {
    size: 0,
    track_total_hits: true,
    query: query.time ? inTime(query.time) : { match_all: {} },
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
  const { hits, aggregations: found } = await search(client, pit, body, {
    answer: answerSchema,
    signal,
  });
  return {
    documents: hits.total.value,
    oldest: found.oldest.value_as_string,
    newest: found.newest.value_as_string,
    unreadable: found.unreadable.doc_count,
    unknownNames: Object.keys(names).filter((name) => found.named?.buckets[name]?.doc_count === 0),
  };
}

/** For each name in the question, the clause for all events with it. */
function namesOf({ users, groups, resources }: Query): Record<string, object> {
  const nothing: Query = {
    users: [],
    groups: [],
    resources: [],
    verbs: [],
    outcomes: [],
    named: false,
    time: undefined,
  };
  return Object.fromEntries([
    ...users.map((user) => [`user ${user}`, clauseOf({ ...nothing, users: [user] })]),
    ...groups.map((group) => [`group ${group}`, clauseOf({ ...nothing, groups: [group] })]),
    ...resources.flatMap((wanted) =>
      wanted.kind === 'path'
        ? [[`path ${wanted.text}`, resourceClause(wanted, true)]]
        : [[`resource ${wanted.resource}`, resourceClause({ ...wanted, group: undefined, parts: [] }, true)]],
    ),
  ]) as Record<string, object>;
}
