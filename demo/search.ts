import { z } from 'zod';
import { DemoError } from './error.ts';

/** Where the shipped events are. */
export interface Place {
  /** Of Elasticsearch, without a trailing slash. */
  url: string;
  /** The data stream of the events. */
  stream: string;
}

/** The requests that have these values in common; null where a request has none. */
export interface Bucket<Key extends string> {
  key: Record<Key, string | number | null>;
  requests: number;
}

const pageSize = 1000;
/** Up to so many, Elasticsearch's cardinality is close to exact. */
const distinctMax = 3000;

const value = z.union([z.string(), z.number(), z.null()]);
const answer = z.object({
  aggregations: z.object({
    groups: z.object({
      after_key: z.record(z.string(), value).optional(),
      buckets: z.array(
        z.object({ key: z.record(z.string(), value), requests: z.object({ value: z.number() }) }),
      ),
    }),
  }),
});

/**
 * How many requests match `query` (Lucene's syntax, which is Kibana's too as far as it is used here), for each
 * combination of the values of `fields` (name → field). A request may have up to three events, one a stage, so its
 * auditIDs are counted, not its documents.
 */
export async function countRequests<Key extends string>(
  { url, stream }: Place,
  query: string,
  fields: Record<Key, string>,
  signal: AbortSignal,
): Promise<Bucket<Key>[]> {
  const sources = Object.entries<string>(fields).map(([name, field]) => ({
    [name]: { terms: { field, missing_bucket: true } },
  }));
  const requests = { cardinality: { field: 'http.request.id', precision_threshold: distinctMax } };
  const buckets: Bucket<Key>[] = [];
  let after: Record<string, string | number | null> | undefined;
  do {
    const composite = { size: pageSize, sources, ...(after && { after }) };
    const body = {
      size: 0,
      query: { query_string: { query } },
      aggs: { groups: { composite, aggs: { requests } } },
    };
    const { groups } = answer.parse(await post(`${url}/${stream}/_search`, body, signal)).aggregations;
    for (const { key, requests: found } of groups.buckets) buckets.push({ key, requests: found.value });
    after = groups.after_key;
  } while (after);
  return buckets;
}

const hits = z.object({
  hits: z.object({
    hits: z.tuple([z.object({ _index: z.string(), _id: z.string() })], z.unknown()),
  }),
});

/** Where the first event, in the log's order, that matches `query` is kept. */
export async function findFirst(
  { url, stream }: Place,
  query: string,
  signal: AbortSignal,
): Promise<{ index: string; id: string }> {
  const body = { size: 1, _source: false, sort: ['event.sequence'], query: { query_string: { query } } };
  const { data } = hits.safeParse(await post(`${url}/${stream}/_search`, body, signal));
  if (!data) throw new DemoError('elasticsearch', `${stream}: no document matches ${query}`);
  const [{ _index, _id }] = data.hits.hits;
  return { index: _index, id: _id };
}

async function post(url: string, body: unknown, signal: AbortSignal): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal });
  if (!response.ok)
    throw new DemoError(
      'elasticsearch',
      `POST ${url}: ${response.status} ${(await response.text()).slice(0, 500)}`,
    );
  return await response.json();
}
