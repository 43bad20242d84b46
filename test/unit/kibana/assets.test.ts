import { expect, test } from 'vitest';
import { assetsOf, savedSearchLine } from '../../../agent/kibana/index.ts';
import { defaultPolicy } from '../../../agent/policy/index.ts';
import { eventStream, recordStream, templates, verdictStream } from '../../../agent/streams/index.ts';
import { droppingRules } from './dropped-lines.ts';
import { fieldsOf } from '../../kit/kql.ts';
import { columns, dashboardSchema, dataViewCreation, savedSearch } from './schema.ts';
import type { Panel } from './schema.ts';
import { partsOf, usesOf } from './uses.ts';
import type { Use } from './uses.ts';

const { dataViews, searches, dashboards } = assetsOf('auditseal');
const parsed = dashboards.map(({ id, body }) => ({ id, ...dashboardSchema.parse(body) }));

test.each(dashboards)('dashboard $id is what the Dashboards API takes', ({ body }) => {
  expect(dashboardSchema.safeParse(body).error).toBeUndefined();
});

test('a panel with an operation, a member or a size that the API does not know would be noticed', () => {
  const [{ body } = { body: undefined }] = dashboards;
  for (const change of [
    (text: string) => text.replace('"unique_count"', '"cardinality"'),
    (text: string) => text.replace('"ref_id"', '"refId"'),
    (text: string) => text.replace('"w":8', '"w":49'),
    (text: string) => text.replace('"panels"', '"panes"'),
  ]) {
    const text = JSON.stringify(body);
    expect(change(text)).not.toBe(text);
    expect(dashboardSchema.safeParse(JSON.parse(change(text))).success).toBe(false);
  }
});

test.each(searches)('saved search $id is what an import takes', (search) => {
  expect(savedSearch.safeParse(JSON.parse(savedSearchLine(search))).error).toBeUndefined();
});

test('the data views are of our three streams, and what Kibana takes', () => {
  for (const view of dataViews) expect(dataViewCreation.safeParse({ data_view: view }).success).toBe(true);
  expect(dataViews.map(({ title }) => title)).toEqual(
    [eventStream, recordStream, verdictStream].map((stream) => stream('auditseal')),
  );
});

test('every id is there once', () => {
  for (const ids of [
    dataViews.map(({ id }) => id),
    searches.map(({ id }) => id),
    dashboards.map(({ id }) => id),
    ...parsed.map(({ panels, pinned_panels: pinned }) => [...panels, ...pinned].map(({ id }) => id)),
  ])
    expect(new Set(ids).size).toBe(ids.length);
});

/** The ids of all that is installed for a namespace; what they name is among them. */
function namesOf(namespace: string): string[] {
  const assets = assetsOf(namespace);
  const text = JSON.stringify([assets.dashboards, assets.searches]);
  const named = [...text.matchAll(/"(?:ref_id|data_view_id|data_view)":"([^"]+)"/gu)].map(
    ([, id = '']) => id,
  );
  const installed = [...assets.dataViews, ...assets.searches].map(({ id }) => id);
  expect(named.filter((id) => !installed.includes(id))).toEqual([]);
  return [...installed, ...assets.dashboards.map(({ id }) => id)];
}

test.each(['auditseal', 'team-b'])('each dashboard of %s links to each other one', (namespace) => {
  const { dashboards: installed } = assetsOf(namespace);
  const ids = installed.map(({ id }) => id);
  for (const { id, body } of installed) {
    const linked = [...JSON.stringify(body).matchAll(/\(#\/view\/([^)]+)\)/gu)].map(([, to]) => to);
    expect(linked).toEqual(ids.filter((other) => other !== id));
  }
});

test('whatever an object names is installed with it, in every namespace, and two namespaces share nothing', () => {
  const [one, other] = [namesOf('auditseal'), namesOf('team-b')];
  expect(one.filter((id) => other.includes(id))).toEqual([]);
  expect(assetsOf('team-b').dataViews.map(({ title }) => title)).toContain(eventStream('team-b'));
  expect(assetsOf('team-b').dashboards.map(({ body }) => body.title)).toContain(
    'auditseal: Critical events (team-b)',
  );
});

test('every saved search but those that are for Discover alone is on a dashboard', () => {
  const shown = parsed.flatMap(({ panels }) =>
    panels.flatMap((panel) => (panel.type === 'discover_session' ? [panel.config.ref_id] : [])),
  );
  expect(shown.length).toBeGreaterThanOrEqual(parsed.length);
  for (const id of shown) expect(searches.map((search) => search.id)).toContain(id);
});

const bottom = ({ grid }: Panel) => grid.y + grid.h;
const kindOf = (panel: Panel) => (panel.type === 'vis' ? panel.config.type : panel.type);

test.each(parsed)(
  '$id: no panel lies over another or outside, no row has a hole, sizes are readable',
  ({ panels }) => {
    const cells = new Map<string, string>();
    for (const { id, grid } of panels) {
      expect(grid.x + grid.w, id).toBeLessThanOrEqual(columns);
      for (let x = grid.x; x < grid.x + grid.w; x += 1)
        for (let y = grid.y; y < grid.y + grid.h; y += 1) {
          expect(cells.get(`${x} ${y}`), `${id} lies over it`).toBeUndefined();
          cells.set(`${x} ${y}`, id);
        }
    }
    const height = Math.max(...panels.map(bottom));
    expect(cells.size, 'holes').toBe(columns * height);
    const least = {
      markdown: [48, 4],
      metric: [6, 4],
      data_table: [16, 10],
      xy: [16, 10],
      discover_session: [48, 10],
    } as const;
    for (const panel of panels) {
      const [w, h] = least[kindOf(panel)];
      expect(panel.grid.w, panel.id).toBeGreaterThanOrEqual(w);
      expect(panel.grid.h, panel.id).toBeGreaterThanOrEqual(h);
    }
  },
);

test.each(parsed)('$id reads from numbers over charts to tables and lists, top left first', ({ panels }) => {
  const order = panels.map(({ grid }) => grid.y * columns + grid.x);
  expect(order, 'the file is in the order of the eye').toEqual(order.toSorted((a, b) => a - b));
  const kinds = panels.map(kindOf);
  const [help, ...below] = kinds;
  expect(help).toBe('markdown');
  expect(below.lastIndexOf('metric')).toBeLessThan(below.findIndex((kind) => kind !== 'metric'));
  const lists = kinds.indexOf('discover_session');
  expect(kinds.slice(lists).every((kind) => kind === 'discover_session')).toBe(true);
  for (const panel of panels)
    if (panel.type !== 'markdown') expect(panel.config.title?.length ?? 0, panel.id).toBeGreaterThan(3);
});

/** The types of all fields that our templates map, by path; an alias has that of its field. */
function mappedFields(namespace: string): Map<string, Map<string, string>> {
  const { components } = templates(namespace, { retentionDays: 400 });
  const of = (name: string) => {
    const body = components.find((component) => component.name === `auditseal-${name}-${namespace}`)?.body;
    const fields = new Map<string, string>();
    const { template } = body as { template: { mappings: Field } };
    collect(template.mappings, '', fields);
    for (const [field, type] of fields)
      if (type.startsWith('alias ')) fields.set(field, fields.get(type.slice('alias '.length)) ?? 'nothing');
    return fields;
  };
  return new Map([
    ['auditseal-events', of('events')],
    ['auditseal-records', of('records')],
    ['auditseal-verdicts', of('verdicts')],
  ]);
}

interface Field {
  type?: string;
  path?: string;
  index?: boolean;
  properties?: Record<string, Field>;
}

function collect({ properties = {} }: Field, path: string, into: Map<string, string>): void {
  for (const [name, field] of Object.entries(properties)) {
    const here = path === '' ? name : `${path}.${name}`;
    if (field.properties) collect(field, here, into);
    else if (field.type === 'alias') into.set(here, `alias ${field.path}`);
    else if (field.index !== false) into.set(here, field.type ?? '');
  }
}

test('the panel of what was dropped has every rule of the default policy that drops, and no other', () => {
  const panel = parsed.flatMap(({ panels }) => panels).find(({ id }) => id === 'dropped-by-rule');
  if (panel?.type !== 'vis') throw new Error('there is no such panel');
  const [all, ...shown] = partsOf(panel.config).metrics;
  expect(all).toMatchObject({ operation: 'sum', field: 'auditseal.dropped' });
  const rules = defaultPolicy().droppingRules;
  expect(shown).toEqual(
    rules.map((rule) => ({ operation: 'sum', field: `auditseal.dropped_by.${rule}`, label: rule })),
  );
  expect(droppingRules).toEqual(rules);
});

/** What Elasticsearch can do with which type. `text` is neither counted nor grouped. */
const fit: Record<Use['as'], readonly string[]> = {
  group: ['keyword', 'ip', 'long', 'boolean'],
  missing: ['keyword'],
  distinct: ['keyword', 'ip', 'long'],
  number: ['long'],
  extreme: ['long', 'date'],
  time: ['date'],
  value: ['keyword', 'long'],
  search: ['keyword', 'ip', 'long', 'boolean', 'date'],
  column: ['keyword', 'ip', 'long', 'boolean', 'date', 'text'],
};

test('every field that is used is mapped, with a type that can do it', () => {
  const mapped = mappedFields('auditseal');
  const searchUses = searches.flatMap(({ data_view: view, query, columns: shown }) => [
    ...fieldsOf(query).map((field): Use => ({ view, field, as: 'search' })),
    ...shown.map((field): Use => ({ view, field, as: 'column' })),
  ]);
  const uses = [...parsed.flatMap((dashboard) => usesOf(dashboard)), ...searchUses];
  const wrong = uses.filter(
    ({ view, field, as }) => !fit[as].includes(mapped.get(view)?.get(field) ?? 'nothing'),
  );
  expect(wrong).toEqual([]);
  expect(uses.length).toBeGreaterThan(200);
});

test('events are counted by event.id, so that identical copies count once', () => {
  const counted = parsed.flatMap((dashboard) => usesOf(dashboard)).filter(({ as }) => as === 'distinct');
  expect(counted.some(({ field }) => field === 'event.id')).toBe(true);
  const text = JSON.stringify(dashboards);
  expect(text).not.toContain('"operation":"count"');
  // What is summed is only in the records; docs/kibana.md says so.
  expect([...text.matchAll(/"operation":"sum","field":"([^"]+)"/gu)].map(([, field]) => field)).toEqual(
    expect.not.arrayContaining([
      expect.stringMatching(/^(?!auditseal\.(?:read|count|dropped(?:_by\..+)?)$)/u),
    ]),
  );
});
