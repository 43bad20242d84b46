import { z } from 'zod';
import { kqlToDsl } from '../../kit/kql.ts';
import type { Dsl } from '../../kit/kql.ts';
import type { Bucket, Metric } from './operations.ts';
import type { Chart } from './schema.ts';
import { partsOf } from './uses.ts';

/** What Lens puts where a document lacks the field. */
export const missing = '__missing__';

export type Value = string | number | null;
/** The keys of a row's buckets, from outside to inside, and the values of its metrics; null where there is none. */
export interface Row {
  keys: string[];
  values: Value[];
}

/** Of a date histogram; Lens chooses one that fits the time range. */
export const intervalMilliseconds = 60_000;

/**
 * The search that Lens makes of a chart that rests on a data view: the panel's query and the time range as filters, a terms, filters or
 * date histogram aggregation for each bucket, within each other, and the metrics in each of them (to sort by). Two
 * differences: `last_value` is `top_metrics` there, which the embedded server lacks; and empty rows are left out.
 */
export function searchOf(chart: Chart, range: { from: string; to: string }): { view: string; body: Dsl } {
  const { view, query, buckets, metrics } = partsOf(chart);
  const time = { range: { '@timestamp': { gte: range.from, lte: range.to } } };
  return {
    view,
    body: { size: 0, query: { bool: { filter: [kqlToDsl(query), time] } }, aggs: nested(buckets, metrics) },
  };
}

function nested([bucket, ...inner]: Bucket[], metrics: Metric[]): Dsl {
  const own = Object.fromEntries(metrics.map((metric, at) => [`m${at}`, filtered(metric)]));
  if (!bucket) return own;
  return { ...own, bucket: { ...grouping(bucket, metrics), aggs: nested(inner, metrics) } };
}

function filtered(metric: Metric): Dsl {
  const inner = measuring(metric);
  // Lens leaves out documents without the field by itself.
  const exists = metric.operation === 'last_value' ? { exists: { field: metric.field } } : undefined;
  const filter = metric.filter ? kqlToDsl(metric.filter.expression) : exists;
  return filter ? { filter, aggs: { value: inner } } : inner;
}

function measuring(metric: Metric): Dsl {
  const { operation, field } = metric;
  if (operation === 'unique_count') return { cardinality: { field } };
  if (operation === 'sum' || operation === 'min' || operation === 'max') return { [operation]: { field } };
  if (operation !== 'last_value') throw new Error(`this test does not know ${operation}`);
  const sort = [{ [metric.time_field]: 'desc' }];
  return { top_hits: { size: 1, sort, _source: false, docvalue_fields: [field] } };
}

function grouping(bucket: Bucket, metrics: Metric[]): Dsl {
  if (bucket.operation === 'date_histogram') {
    const { field } = bucket;
    return { date_histogram: { field, fixed_interval: `${intervalMilliseconds}ms`, min_doc_count: 1 } };
  }
  if (bucket.operation === 'filters') {
    const filters = bucket.filters.map(({ label, filter }) => [label ?? '', kqlToDsl(filter.expression)]);
    return { filters: { filters: Object.fromEntries(filters) as Dsl } };
  }
  const [field, more] = bucket.fields;
  if (more !== undefined) throw new Error('this test does not know terms of several fields');
  const withMissing = bucket.other_bucket?.include_documents_without_field;
  return {
    terms: { field, size: bucket.limit, order: orderOf(bucket, metrics), ...(withMissing && { missing }) },
  };
}

function orderOf({ rank_by: rank }: Extract<Bucket, { operation: 'terms' }>, metrics: Metric[]): Dsl {
  if (rank?.type !== 'metric') return { _key: rank?.direction ?? 'asc' };
  const path = metrics[rank.metric_index]?.filter ? `m${rank.metric_index}>value` : `m${rank.metric_index}`;
  return { [path]: rank.direction };
}

const hit = z.object({ fields: z.record(z.string(), z.array(z.union([z.string(), z.number()]))) });
const measured = z.object({
  value: z.union([z.number(), z.null(), z.object({ value: z.number().nullable() })]).optional(),
  hits: z.object({ hits: z.array(hit) }).optional(),
});
const bucketOf = z.looseObject({ key: z.union([z.string(), z.number()]).optional() });
const bucketsOf = z.object({
  buckets: z.union([z.array(bucketOf), z.record(z.string(), bucketOf)]),
});

/** What the chart would show of the `aggregations` of an answer. */
export function answerOf(chart: Chart, aggregations: unknown): Row[] {
  const { buckets, metrics } = partsOf(chart);
  const rows = [...rowsOf(z.looseObject({}).parse(aggregations), buckets.length, metrics, [])];
  if (!buckets.some(({ collapse_by: collapse }) => collapse === 'sum')) return rows;
  return [{ keys: [], values: [rows.reduce((sum, { values }) => sum + Number(values[0]), 0)] }];
}

function* rowsOf(
  here: Record<string, unknown>,
  depth: number,
  metrics: Metric[],
  keys: string[],
): Generator<Row> {
  if (depth === 0) {
    yield { keys, values: metrics.map((metric, at) => valueOf(metric, here[`m${at}`])) };
    return;
  }
  const { buckets } = bucketsOf.parse(here['bucket']);
  const named: [string, Record<string, unknown>][] = Array.isArray(buckets)
    ? buckets.map((bucket) => [String(bucket.key), bucket])
    : Object.entries(buckets).filter(([, bucket]) => bucket['doc_count'] !== 0);
  for (const [key, bucket] of named) yield* rowsOf(bucket, depth - 1, metrics, [...keys, key]);
}

function valueOf(metric: Metric, answer: unknown): Value {
  const inner = z.object({ value: z.unknown() }).safeParse(answer).data?.value;
  const whole = metric.operation === 'last_value' ? (inner ?? answer) : answer;
  const { value, hits } = measured.parse(whole);
  if (metric.operation === 'last_value') return hits?.hits[0]?.fields[metric.field]?.[0] ?? null;
  return typeof value === 'object' && value !== null ? value.value : (value ?? null);
}

/**
 * How far a metric's answer may be from the exact count. Elasticsearch's `cardinality` keeps 25 bits of a value's hash while
 * there are few, so that of n values about n²/2²⁶ share one with another; event ids differ from run to run.
 */
export function toleranceOf(metric: Metric | undefined, wanted: Value): number {
  if (metric?.operation !== 'unique_count' || typeof wanted !== 'number' || wanted < 100) return 0;
  return 1 + Math.floor(wanted / 1000);
}
