import { z } from 'zod';
import type { PlainRow } from './plain.ts';
import { fetchAgain } from '../../kit/fetch-again.ts';

const value = z.union([z.string(), z.number(), z.null()]);
const moment = z.object({ value: z.number().nullable() });

/** The shape of the answers that have rows. */
export const rowsSchema = z.object({
  aggregations: z.object({
    rows: z.object({
      after_key: z.record(z.string(), value).optional(),
      buckets: z.array(
        z.object({
          key: z.record(z.string(), value),
          doc_count: z.int(),
          events: z.object({ value: z.int() }),
          first: moment,
          last: moment,
        }),
      ),
    }),
  }),
});

/** The part of a body that a row question has. */
export const rowsBody = z.looseObject({
  query: z.record(z.string(), z.unknown()),
  aggs: z.looseObject({
    rows: z.looseObject({
      composite: z.looseObject({ sources: z.array(z.record(z.string(), z.unknown())) }),
    }),
  }),
});

/** Sends a body as it stands. Throws unless every shard answered. */
export async function send(url: string, stream: string, body: string): Promise<unknown> {
  const response = await fetchAgain(`${url}/${stream}/_search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(answer).slice(0, 1000)}\n${body}`);
  z.object({ timed_out: z.literal(false), _shards: z.object({ failed: z.literal(0) }) }).parse(answer);
  return answer;
}

/** All rows of a question: page after page, as the document says (`after_key` as `after`). */
export async function allRows(url: string, stream: string, body: string): Promise<PlainRow[]> {
  const rows: PlainRow[] = [];
  let text = body;
  for (;;) {
    const { buckets, after_key: after } = rowsSchema.parse(await send(url, stream, text)).aggregations.rows;
    for (const { key, events, first, last } of buckets)
      rows.push({ key, events: events.value, first: first.value ?? 0, last: last.value ?? 0 });
    if (!after) return rows;
    const next = rowsBody.parse(JSON.parse(body));
    next.aggs.rows.composite['after'] = after;
    text = JSON.stringify(next);
  }
}

/** How many documents a query finds. */
export async function countOf(url: string, stream: string, query: object): Promise<number> {
  const body = JSON.stringify({ size: 0, track_total_hits: true, query });
  const answer = await send(url, stream, body);
  return z.object({ hits: z.object({ total: z.object({ value: z.int() }) }) }).parse(answer).hits.total.value;
}
