import { z } from 'zod';
import type { ElasticsearchClient, PointInTime } from '../elasticsearch/index.ts';
import { search } from './events.ts';
import { fields } from './fields.ts';
import { nearestNames } from './nearest.ts';
import { inTime, clauseOf, everything, resourceClause } from './query.ts';
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
  /** Where groups are asked for: events that Elasticsearch refused with all that the apiserver wrote, so that nobody knows theirs. */
  groupless?: number | undefined;
  /** Names in the question that no event has: they may be misspelt. */
  unknownNames: string[];
  /** By such a name: others that are like it and that events have, at any time. */
  nearest: Record<string, string[]>;
}

/** A name in the question, and the clause for all events with it. */
interface Name {
  clause: object;
  /** Where others like it are looked for. */
  field: string;
  name: string;
}

/** Names that others are looked for: each takes a search. */
const lookedForMax = 10;

const moment = z.object({ value: z.number().nullable(), value_as_string: z.string().optional() });
const answerSchema = z.object({
  hits: z.object({ total: z.object({ value: z.int(), relation: z.literal('eq') }) }),
  aggregations: z.object({
    oldest: moment,
    newest: moment,
    unreadable: z.object({ doc_count: z.int() }),
    groupless: z.object({ doc_count: z.int() }).optional(),
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
      unreadable: { filter: refusedWithout(fields.verb) },
      ...(query.groups.length > 0 && {
        groupless: { filter: refusedWithout(fields.request, { exists: { field: fields.verb } }) },
      }),
      ...(names.size > 0 && {
        named: {
          filters: { filters: Object.fromEntries([...names].map(([name, { clause }]) => [name, clause])) },
        },
      }),
    },
  };
  const { hits, aggregations: found } = await search(client, pit, body, {
    answer: answerSchema,
    signal,
  });
  const unknownNames = [...names.keys()].filter((name) => found.named?.buckets[name]?.doc_count === 0);
  const nearest: Record<string, string[]> = {};
  for (const unknown of unknownNames.slice(0, lookedForMax)) {
    const like = await nearestNames(client, pit, names.get(unknown)!, signal);
    if (like.length > 0) nearest[unknown] = like;
  }
  return {
    documents: hits.total.value,
    oldest: found.oldest.value_as_string,
    newest: found.newest.value_as_string,
    unreadable: found.unreadable.doc_count,
    groupless: found.groupless?.doc_count,
    unknownNames,
    nearest,
  };
}

/** Documents that are not whole, without a field. */
function refusedWithout(field: string, ...filter: object[]): object {
  return {
    bool: {
      filter: [{ term: { [fields.kind]: 'pipeline_error' } }, ...filter],
      must_not: [{ exists: { field } }],
    },
  };
}

function namesOf({ users, groups, resources }: Query): Map<string, Name> {
  return new Map([
    ...users.map((user): [string, Name] => [
      `user ${user}`,
      { clause: clauseOf({ ...everything, users: [user] }), field: fields.user, name: user },
    ]),
    ...groups.map((group): [string, Name] => [
      `group ${group}`,
      { clause: clauseOf({ ...everything, groups: [group] }), field: fields.groups, name: group },
    ]),
    ...resources.map((wanted): [string, Name] =>
      wanted.kind === 'path'
        ? [
            `path ${wanted.text}`,
            { clause: resourceClause(wanted, true), field: fields.path, name: wanted.path },
          ]
        : [
            `resource ${wanted.resource}`,
            {
              clause: resourceClause({ ...wanted, group: undefined, parts: [] }, true),
              field: fields.resource,
              name: wanted.resource,
            },
          ],
    ),
  ]);
}
