import { z } from 'zod';

/*
 * Of Kibana's `src/platform/packages/shared/kbn-lens-embeddable-utils/config_builder/schema`: metric_ops.ts, bucket_ops.ts, filter.ts.
 * Only what our panels use, and as strict as there: what is left out here is refused here.
 */

export const query = z.strictObject({ language: z.enum(['kql', 'lucene']), expression: z.string() });
const label = z.string().optional();
const direction = z.enum(['asc', 'desc']);
const metric = { label, filter: query.optional() };
const emptyAsNull = z.boolean().optional();

const count = z.strictObject({
  operation: z.literal('count'),
  ...metric,
  field: z.string().optional(),
  empty_as_null: emptyAsNull,
});
const uniqueCount = z.strictObject({
  operation: z.literal('unique_count'),
  ...metric,
  field: z.string(),
  empty_as_null: emptyAsNull,
});
const extreme = z.strictObject({
  operation: z.enum(['min', 'max', 'average', 'median', 'standard_deviation']),
  ...metric,
  field: z.string(),
});
const sum = z.strictObject({
  operation: z.literal('sum'),
  ...metric,
  field: z.string(),
  empty_as_null: emptyAsNull,
});
const lastValue = z.strictObject({
  operation: z.literal('last_value'),
  ...metric,
  field: z.string(),
  time_field: z.string(),
  multi_value: z.boolean().optional(),
});
const kinds = [count, uniqueCount, extreme, sum, lastValue] as const;

/** A metric operation, with the members that a chart adds to it. */
export function metricWith<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.discriminatedUnion('operation', [
    kinds[0].extend(shape),
    kinds[1].extend(shape),
    kinds[2].extend(shape),
    kinds[3].extend(shape),
    kinds[4].extend(shape),
  ]);
}

const rankBy = z.union([
  z.strictObject({ type: z.literal('alphabetical'), direction }),
  z.strictObject({ type: z.literal('metric'), metric_index: z.int().min(0), direction }),
]);
const terms = z.strictObject({
  operation: z.literal('terms'),
  label,
  fields: z.array(z.string()).min(1).max(4),
  limit: z.int().min(1).max(1000),
  other_bucket: z.strictObject({ include_documents_without_field: z.boolean() }).optional(),
  rank_by: rankBy.optional(),
});
const dateHistogram = z.strictObject({
  operation: z.literal('date_histogram'),
  label,
  field: z.string(),
  suggested_interval: z.string().optional(),
});
const filters = z.strictObject({
  operation: z.literal('filters'),
  label,
  filters: z
    .array(z.strictObject({ label, filter: query }))
    .min(1)
    .max(100),
});

/** A bucket operation, likewise. */
export function bucketWith<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.discriminatedUnion('operation', [
    terms.extend(shape),
    dateHistogram.extend(shape),
    filters.extend(shape),
  ]);
}

const anyMetric = metricWith({});
const anyBucket = bucketWith({});
export type Metric = z.infer<typeof anyMetric>;
export type Bucket = z.infer<typeof anyBucket> & { collapse_by?: 'sum' | undefined };
