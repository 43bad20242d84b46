import { z } from 'zod';
import type { ElasticsearchClient, PointInTime } from '../elasticsearch/index.ts';
import { search } from './events.ts';
import { fields } from './fields.ts';
import { bytesOf, heldBytesMax } from './held-bytes.ts';
import { clauseOf } from './query.ts';
import type { Query } from './query.ts';
import { lookAt, openEvents } from './reading.ts';
import type { Reading, ReadOptions } from './reading.ts';

/** What can be new. */
export const newcomerKinds = {
  user: fields.user,
  address: fields.address,
  'user agent': fields.userAgent,
} as const;
export type NewcomerKind = keyof typeof newcomerKinds;

/** Somebody or something whose first event that the question takes lies in its time. */
export interface Newcomer {
  kind: NewcomerKind;
  name: string;
  /** Its first event, and its last one in the time asked for: RFC 3339, UTC, milliseconds. */
  first: string;
  last: string;
}

export interface Newcomers extends Pick<Reading, 'coverage' | 'fieldProblems' | 'isMappingRead'> {
  /** The latest first. */
  listed: Newcomer[];
  /** All that were found, also those that are not listed. */
  found: number;
  /** The first event of the stream that the question takes; undefined if there is none. Before it nobody is known. */
  oldest: string | undefined;
}

/** Names of one page, and those of a question about what was before. */
const pageSize = 500;
const listedMax = 100_000;

const moment = z.object({ value_as_string: z.string() });
const pageSchema = z.object({
  aggregations: z.object({
    names: z.object({
      after_key: z.record(z.string(), z.unknown()).optional(),
      buckets: z.array(z.object({ key: z.object({ name: z.string() }), first: moment, last: moment })),
    }),
  }),
});
const beforeSchema = z.object({
  aggregations: z.object({ names: z.object({ buckets: z.array(z.object({ key: z.string() })) }) }),
});
const oldestSchema = z.object({
  aggregations: z.object({ oldest: z.object({ value_as_string: z.string().optional() }) }),
});

const times = {
  first: { min: { field: fields.time, format: 'strict_date_time' } },
  last: { max: { field: fields.time, format: 'strict_date_time' } },
};

/**
 * Users, addresses and user agents whose first event that the question takes lies in its time: what Elasticsearch still has of the time before is
 * compared. Throws ElasticsearchError, VerifyError and WhoError.
 */
export async function newcomersOf(
  client: ElasticsearchClient,
  query: Query & { time: NonNullable<Query['time']> },
  options: ReadOptions & { max?: number | undefined },
): Promise<Newcomers> {
  const { namespace, signal, max = listedMax } = options;
  const pit = await openEvents(client, namespace, signal);
  try {
    const looked = await lookAt(client, pit, query, options);
    const before = clauseOf({ ...query, time: { since: 0, until: query.time.since - 1 } });
    const list = new NewcomerList(Math.min(max, listedMax));
    for (const [kind, field] of Object.entries(newcomerKinds) as [NewcomerKind, string][])
      for await (const page of pagesOf(client, pit, { query: clauseOf(query), field }, signal)) {
        const known = await knownBefore(
          client,
          pit,
          { query: before, field, names: page.map(({ name }) => name) },
          signal,
        );
        for (const one of page) if (!known.has(one.name)) list.add({ kind, ...one });
      }
    const body = { size: 0, query: clauseOf({ ...query, time: undefined }), aggs: { oldest: times.first } };
    const { aggregations } = await search(client, pit, body, { answer: oldestSchema, signal });
    return {
      ...looked,
      listed: list.sorted(),
      found: list.found,
      oldest: aggregations.oldest.value_as_string,
    };
  } finally {
    await pit.close();
  }
}

type Named = Omit<Newcomer, 'kind'>;

async function* pagesOf(
  client: ElasticsearchClient,
  pit: PointInTime,
  { query, field }: { query: object; field: string },
  signal?: AbortSignal,
): AsyncGenerator<Named[]> {
  let after: Record<string, unknown> | undefined;
  do {
    const composite = { size: pageSize, sources: [{ name: { terms: { field } } }], ...(after && { after }) };
    const body = { size: 0, track_total_hits: false, query, aggs: { names: { composite, aggs: times } } };
    const { aggregations } = await search(client, pit, body, { answer: pageSchema, signal });
    const { buckets } = aggregations.names;
    yield buckets.map(({ key: { name }, first, last }) => ({
      name,
      first: first.value_as_string,
      last: last.value_as_string,
    }));
    after = aggregations.names.after_key;
  } while (after);
}

/** Which of the names there were already. */
async function knownBefore(
  client: ElasticsearchClient,
  pit: PointInTime,
  { query, field, names }: { query: object; field: string; names: string[] },
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  const body = {
    size: 0,
    track_total_hits: false,
    query: { bool: { filter: [query, { terms: { [field]: names } }] } },
    aggs: { names: { terms: { field, size: names.length } } },
  };
  const { aggregations } = await search(client, pit, body, { answer: beforeSchema, signal });
  return new Set(aggregations.names.buckets.map(({ key }) => key));
}

/** The latest newcomers, as many as are wanted; of the others it is known how many there were. */
class NewcomerList {
  found = 0;
  readonly #max: number;
  #kept: Newcomer[] = [];
  #bytes = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(one: Newcomer): void {
    this.found += 1;
    this.#kept.push(one);
    this.#bytes += bytesOf([one.name]);
    if (this.#kept.length >= 2 * this.#max || this.#bytes >= heldBytesMax) this.#cut(heldBytesMax / 2);
  }

  sorted(): Newcomer[] {
    this.#cut(heldBytesMax);
    return this.#kept;
  }

  #cut(bytesMax: number): void {
    const sorted = this.#kept.toSorted((a, b) => (a.first < b.first ? 1 : -1));
    this.#kept = [];
    this.#bytes = 0;
    for (const one of sorted) {
      this.#bytes += bytesOf([one.name]);
      if (this.#kept.length >= this.#max || this.#bytes > bytesMax) break;
      this.#kept.push(one);
    }
  }
}
