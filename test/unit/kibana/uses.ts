import type { z } from 'zod';
import { fieldsOf } from '../../kit/kql.ts';
import type { Bucket, Metric } from './operations.ts';
import type { Chart, dashboardSchema } from './schema.ts';

/** What Elasticsearch is asked to do with a field. */
export interface Use {
  /** Id of the data view. */
  view: string;
  field: string;
  as: 'group' | 'missing' | 'distinct' | 'number' | 'extreme' | 'time' | 'value' | 'search' | 'column';
}

/** A chart's one data source, its buckets from outside to inside, and its metrics. */
export function partsOf(chart: Chart): {
  view: string;
  query: string;
  buckets: Bucket[];
  metrics: Metric[];
} {
  const query = chart.query.expression;
  if (chart.type === 'xy') {
    const [layer, more] = chart.layers;
    if (!layer || more) throw new Error('not one layer');
    const buckets = [layer.breakdown_by, layer.x].filter((bucket) => bucket !== undefined) as Bucket[];
    return { view: layer.data_source.ref_id, query, buckets, metrics: layer.y };
  }
  const buckets = chart.type === 'data_table' ? chart.rows : chart.breakdown_by ? [chart.breakdown_by] : [];
  return { view: chart.data_source.ref_id, query, buckets: buckets as Bucket[], metrics: chart.metrics };
}

export function usesOf({ panels, pinned_panels: pinned }: z.infer<typeof dashboardSchema>): Use[] {
  return [
    ...pinned.map(({ config }): Use => ({
      view: config.data_view_id,
      field: config.field_name,
      as: 'group',
    })),
    ...panels.flatMap((panel) => (panel.type === 'vis' ? usesOfChart(panel.config) : [])),
  ];
}

function usesOfChart(chart: Chart): Use[] {
  const { view, query, buckets, metrics } = partsOf(chart);
  const searched = (expression = '') =>
    fieldsOf(expression).map((field): Use => ({ view, field, as: 'search' }));
  return [
    ...searched(query),
    ...buckets.flatMap((bucket) => {
      if (bucket.operation === 'filters')
        return bucket.filters.flatMap(({ filter }) => searched(filter.expression));
      if (bucket.operation === 'date_histogram')
        return [{ view, field: bucket.field, as: 'time' } satisfies Use];
      const as = bucket.other_bucket?.include_documents_without_field ? 'missing' : 'group';
      return bucket.fields.map((field): Use => ({ view, field, as }));
    }),
    ...metrics.flatMap((metric) => [...searched(metric.filter?.expression), ...usesOfMetric(view, metric)]),
  ];
}

function usesOfMetric(view: string, metric: Metric): Use[] {
  if (metric.operation === 'count') return [];
  const { field } = metric;
  if (metric.operation === 'unique_count') return [{ view, field, as: 'distinct' }];
  if (metric.operation === 'sum') return [{ view, field, as: 'number' }];
  if (metric.operation === 'last_value')
    return [
      { view, field, as: 'value' },
      { view, field: metric.time_field, as: 'time' },
    ];
  return [{ view, field, as: 'extreme' }];
}
