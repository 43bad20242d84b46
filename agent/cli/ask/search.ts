import { z } from 'zod';
import { ElasticsearchError, request } from '../../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../elasticsearch/index.ts';

/** A row of an answer: each column's value. */
export type AnswerRow = Readonly<Record<string, string | number | null>>;

/** Rows that are read at most: more are not read on a terminal. */
const rowsMax = 10_000;

const value = z.union([z.string(), z.number(), z.null()]);
const metric = z.object({ value: z.number().nullable(), value_as_string: z.string().optional() });
/** Of a bucket: its key, how many documents, and of each aggregation the value, where it has one. */
const bucket = z.looseObject({ key: z.union([z.string(), z.record(z.string(), value)]) });

const answerSchema = z.object({
  timed_out: z.literal(false),
  _shards: z.object({ failed: z.literal(0) }),
  hits: z.object({
    hits: z.array(z.object({ fields: z.record(z.string(), z.array(z.unknown())).optional() })),
  }),
  aggregations: z
    .record(
      z.string(),
      z.object({ after_key: z.record(z.string(), value).optional(), buckets: z.array(bucket) }),
    )
    .optional(),
});

/** What a search of a ready question answers: its rows, page after page, or its hits. Throws ElasticsearchError. */
export async function rowsOf(
  client: ElasticsearchClient,
  { stream, body }: { stream: string; body: object },
  signal?: AbortSignal,
): Promise<{ rows: AnswerRow[]; isWhole: boolean }> {
  const rows: AnswerRow[] = [];
  const metrics = metricsOf(body);
  let asked = body;
  for (;;) {
    const { hits, aggregations = {} } = await search(client, { stream, body: asked }, signal);
    const [groups] = Object.values(aggregations);
    if (!groups)
      return { rows: hits.hits.map(({ fields = {} }) => rowOfHit(fields, fieldsIn(body))), isWhole: true };
    rows.push(...groups.buckets.map((one) => rowOfBucket(one, metrics)));
    if (!groups.after_key) return { rows, isWhole: true };
    if (rows.length >= rowsMax) return { rows, isWhole: false };
    asked = after(body, groups.after_key);
  }
}

async function search(
  client: ElasticsearchClient,
  { stream, body }: { stream: string; body: object },
  signal?: AbortSignal,
): Promise<z.infer<typeof answerSchema>> {
  const path = `/${encodeURIComponent(stream)}/_search`;
  const query = { allow_partial_search_results: 'false' };
  const answer = await request(client, { method: 'POST', path, query, body, signal });
  const { data, error } = answerSchema.safeParse(answer.body);
  if (!data)
    throw new ElasticsearchError('bad-response', `POST ${path}: not an answer to this question`, {
      cause: error,
    });
  return data;
}

/** The next page of a composite aggregation, the only one that has a key to go on with. */
function after(body: object, key: object): object {
  const { aggs } = body as { aggs: { rows: { composite: object } } };
  const composite = { ...aggs.rows.composite, after: key };
  return { ...body, aggs: { ...aggs, rows: { ...aggs.rows, composite } } };
}

/** Names of what each bucket is asked for, in that order: an answer has them in none. */
function metricsOf(body: object): string[] {
  const { aggs = {} } = body as { aggs?: Record<string, { aggs?: object }> };
  const [groups] = Object.values(aggs);
  return Object.keys(groups?.aggs ?? {});
}

function rowOfBucket({ key, ...found }: z.infer<typeof bucket>, metrics: readonly string[]): AnswerRow {
  const values = metrics.flatMap((name) => {
    const { data } = metric.safeParse(found[name]);
    return data ? [[name, data.value_as_string ?? data.value] as const] : [];
  });
  return { ...(typeof key === 'string' ? { log: key } : key), ...Object.fromEntries(values) };
}

/** Fields that hits are asked for, in that order. */
function fieldsIn(body: object): string[] {
  const { fields = [] } = body as { fields?: string[] };
  return fields;
}

function rowOfHit(found: Readonly<Record<string, readonly unknown[]>>, fields: readonly string[]): AnswerRow {
  return Object.fromEntries(fields.map((name) => [name, found[name]?.join(', ') ?? null]));
}
