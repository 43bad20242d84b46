import { z } from 'zod';
import { bucketWith, metricWith, query } from './operations.ts';

/*
 * What `PUT /api/dashboards/{id}` takes, as Kibana's own sources say: `as-code/dashboard-schema`, `as-code/discover-schema`,
 * `kbn-controls-schemas`, and `kbn-lens-embeddable-utils/config_builder/schema/charts` (docs/kibana.md says which versions).
 * Only what our dashboards use, and as strict as there.
 */

export const columns = 48;
const panelsMax = 100;

const grid = z.strictObject({
  x: z.int().min(0).max(columns),
  y: z.int().min(0),
  w: z.int().min(1).max(columns),
  h: z.int().min(1),
});
const timeRange = z.strictObject({ from: z.string(), to: z.string() });
const dataSource = z.strictObject({ type: z.literal('data_view_reference'), ref_id: z.string() });
const titles = { title: z.string().optional(), description: z.string().optional() };
/** The OpenAPI document of 9.4 demands the query, the sources do not: ours have one, if an empty one. */
const common = { ...titles, query };
const collapseBy = z.enum(['avg', 'sum', 'max', 'min']).optional();

const metric = z.strictObject({
  type: z.literal('metric'),
  ...common,
  data_source: dataSource,
  metrics: z.tuple([metricWith({ type: z.literal('primary') })]),
  breakdown_by: bucketWith({ columns: z.number().optional(), collapse_by: collapseBy }).optional(),
});

const dataTable = z.strictObject({
  type: z.literal('data_table'),
  ...common,
  data_source: dataSource,
  metrics: z.array(metricWith({})).min(1).max(1000),
  rows: z
    .array(bucketWith({ click_filter: z.boolean().optional(), collapse_by: collapseBy }))
    .min(1)
    .max(50),
  styling: z
    .strictObject({
      density: z.strictObject({ mode: z.enum(['compact', 'default', 'expanded']) }).optional(),
      paging: z.literal([10, 20, 30, 50, 100]).optional(),
    })
    .optional(),
});

const axis = z.strictObject({
  title: z.strictObject({ text: z.string().optional(), visible: z.boolean().optional() }),
});
const layer = z.strictObject({
  type: z.enum(['area', 'area_stacked', 'bar', 'bar_horizontal', 'bar_stacked', 'line']),
  data_source: dataSource,
  x: bucketWith({}).optional(),
  breakdown_by: bucketWith({ collapse_by: collapseBy }).optional(),
  y: z.array(metricWith({})).min(1).max(100),
});
const xy = z.strictObject({
  type: z.literal('xy'),
  ...common,
  axis: z.strictObject({ x: axis.optional(), y: axis.optional() }).optional(),
  layers: z.array(layer).min(1).max(100),
});

const chart = z.discriminatedUnion('type', [metric, dataTable, xy]);
export type Chart = z.infer<typeof chart>;

const place = { id: z.string(), grid };
const panel = z.discriminatedUnion('type', [
  z.strictObject({ ...place, type: z.literal('vis'), config: chart }),
  z.strictObject({
    ...place,
    type: z.literal('discover_session'),
    config: z.strictObject({ ...titles, ref_id: z.string() }),
  }),
  z.strictObject({
    ...place,
    type: z.literal('markdown'),
    config: z.strictObject({
      content: z.string(),
      settings: z.strictObject({ open_links_in_new_tab: z.boolean() }),
    }),
  }),
]);
export type Panel = z.infer<typeof panel>;

const control = z.strictObject({
  id: z.string(),
  type: z.literal('options_list_control'),
  config: z.strictObject({ data_view_id: z.string(), field_name: z.string(), title: z.string() }),
});

/** The body of `PUT /api/dashboards/{id}`: no id, no access control. */
export const dashboardSchema = z.strictObject({
  title: z.string().min(1),
  description: z.string().optional(),
  time_range: timeRange.optional(),
  pinned_panels: z.array(control).max(100).default([]),
  panels: z.array(panel).max(panelsMax),
});

/** `POST /api/data_views/data_view`, as the OpenAPI document has it. */
const dataView = {
  name: z.string().min(1),
  title: z.string().min(1),
  timeFieldName: z.string(),
};
export const dataViewCreation = z.strictObject({
  data_view: z.strictObject({ id: z.string(), ...dataView, allowNoIndex: z.boolean().optional() }),
  override: z.boolean().optional(),
});
export const dataViewUpdate = z.strictObject({ data_view: z.strictObject(dataView) });

const source = z.strictObject({
  query: z.strictObject({ query: z.string(), language: z.literal('kuery') }),
  filter: z.array(z.unknown()).max(0),
  indexRefName: z.string(),
});

/** One line of an import: a `search` of model version 5 (`saved_search/server/saved_objects/schema.ts`). */
export const savedSearch = z.strictObject({
  type: z.literal('search'),
  id: z.string(),
  attributes: z.strictObject({
    title: z.string().min(1),
    description: z.string(),
    columns: z.array(z.string()),
    sort: z.array(z.tuple([z.string(), z.enum(['asc', 'desc'])])),
    grid: z.strictObject({}),
    hideChart: z.boolean(),
    isTextBasedQuery: z.boolean(),
    timeRestore: z.literal(false),
    kibanaSavedObjectMeta: z.strictObject({
      searchSourceJSON: z.string().transform((text) => source.parse(JSON.parse(text))),
    }),
  }),
  references: z.array(z.strictObject({ type: z.literal('index-pattern'), id: z.string(), name: z.string() })),
  coreMigrationVersion: z.string(),
  typeMigrationVersion: z.literal('10.5.0'),
});
