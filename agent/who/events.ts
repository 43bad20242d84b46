import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { request, ElasticsearchError } from '../elasticsearch/index.ts';
import type { ElasticsearchClient, PointInTime } from '../elasticsearch/index.ts';
import { WhoError } from './error.ts';
import { eventOf, hitSchema } from './event.ts';
import type { Event } from './event.ts';
import { fields } from './fields.ts';
import { credentialView, grantView } from './view.ts';
import type { View } from './view.ts';

/** Elasticsearch holds a page in its heap, we hold its answer. */
const pageHitsMax = 5000;
const attemptsMax = 5;

/**
 * Of a page of several hits: parsed it takes up to ten times as much, and whoever may create documents chooses how long their names
 * are. A page of one hit may be as long as any answer.
 */
const pageBytesMax = 8 * 1024 * 1024;

/** Stages of one request, and copies of one document, come one after the other. */
const sort = [
  { [fields.request]: { order: 'asc', missing: '_last', unmapped_type: 'keyword' } },
  { [fields.eventId]: { order: 'asc', missing: '_last', unmapped_type: 'keyword' } },
  { _shard_doc: 'asc' },
];

const pageSchema = z.object({ pit_id: z.string().optional(), hits: z.object({ hits: z.array(hitSchema) }) });

/** All events of a point in time that a query takes, those of one auditID one after the other. Throws ElasticsearchError, WhoError. */
export async function* eventsOf(
  client: ElasticsearchClient,
  pit: PointInTime,
  query: object,
  view: View,
  signal?: AbortSignal,
): AsyncGenerator<Event> {
  const parts = { withGrant: view === grantView, withCredential: view === credentialView };
  let size = pageHitsMax;
  let after: unknown[] | undefined;
  let attempts = 0;
  for (;;) {
    const body = {
      size,
      track_total_hits: false,
      _source: view.source,
      query,
      sort,
      docvalue_fields: view.docvalueFields,
      ...(after && { search_after: after }),
    };
    let page: z.infer<typeof pageSchema>;
    try {
      const answerBytesMax = size > 1 ? pageBytesMax : undefined;
      page = await search(client, pit, body, { answer: pageSchema, answerBytesMax, signal });
    } catch (error) {
      // One that is too long is no failure: a smaller one will do, however often that has to be said.
      if (!(error instanceof ElasticsearchError && error.code === 'bad-response' && size > 1)) attempts += 1;
      if (!isPassing(error) || attempts >= attemptsMax) throw error;
      // A busy server, or names of eight thousand characters each.
      size = Math.max(1, size >>> 1);
      await sleep(200 * 2 ** attempts, undefined, { signal });
      continue;
    }
    attempts = 0;
    pit.id = page.pit_id ?? pit.id;
    const { hits } = page.hits;
    for (const hit of hits) yield eventOf(hit, parts);
    if (hits.length < size) return;
    after = hits.at(-1)!.sort;
  }
}

const stateSchema = z.object({
  timed_out: z.literal(false),
  _shards: z.object({ failed: z.literal(0) }),
});

const reasonCharsMax = 2000;

interface SearchOptions<Answer> {
  /** What the answer must hold. */
  answer: z.ZodType<Answer>;
  answerBytesMax?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * One search of a point in time, answered by every shard. Throws ElasticsearchError, and WhoError `partial` and `bad-response`.
 */
export async function search<Answer>(
  client: ElasticsearchClient,
  pit: PointInTime,
  body: object,
  { answer: schema, answerBytesMax, signal }: SearchOptions<Answer>,
): Promise<Answer> {
  const { body: answer } = await request(client, {
    method: 'POST',
    path: '/_search',
    // A shard that fails must be an error, not fewer events.
    query: { allow_partial_search_results: 'false' },
    body: { ...body, pit: pit.wanted },
    answerBytesMax,
    signal,
  });
  if (!stateSchema.safeParse(answer).success)
    throw new WhoError(
      'partial',
      `POST /_search: not every shard answered: ${JSON.stringify(answer).slice(0, reasonCharsMax)}`,
    );
  const { data, error } = schema.safeParse(answer);
  if (error)
    throw new WhoError('bad-response', 'POST /_search: not an answer of Elasticsearch', { cause: error });
  return data;
}

/** Whether a smaller page may succeed, or the same one later. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof ElasticsearchError &&
    ['rejected', 'unreachable', 'timeout', 'bad-response'].includes(error.code)
  );
}
