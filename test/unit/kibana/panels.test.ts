import { beforeAll, afterAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { assetsOf } from '../../../agent/kibana/index.ts';
import type { Manifest } from '../../../agent/seal/index.ts';
import { bulk, createClient } from '../../../agent/elasticsearch/index.ts';
import { manifestsOf } from '../../kit/agent/index.ts';
import {
  allDocuments,
  randomNamespace,
  refresh,
  removeNamespace,
  rollover,
} from '../../kit/elasticsearch/index.ts';
import { gzipBody } from '../../kit/body.ts';
import { droppedBy, droppingRules, siteRule } from './dropped-lines.ts';
import { expectedOfEvents, expectedOfSearches } from './expected-events.ts';
import type { Expectation } from './expected-events.ts';
import { expectedOfRecords, expectedOfVerdicts, summed } from './expected-records.ts';
import type { Verdict } from './expected-records.ts';
import { items } from './items.ts';
import type { Item } from './items.ts';
import { kqlToDsl } from '../../kit/kql.ts';
import { answerOf, searchOf, toleranceOf } from './panel-query.ts';
import type { Row } from './panel-query.ts';
import { dashboardSchema } from './schema.ts';
import type { Chart } from './schema.ts';
import { createVerdicts, shipItems } from './shipped.ts';
import { partsOf } from './uses.ts';

const url = inject('elasticsearchUrl');
const namespace = randomNamespace();
const { dataViews, searches, dashboards } = assetsOf(namespace);
const streams = dataViews.map(({ title }) => title);
const streamOf = (view: string) => dataViews.find(({ id }) => id === view)?.title ?? '';
const short = (id: string) => id.replace(`-${namespace}`, '');
/** Wide enough for the recording and for now. */
const range = { from: '2001-01-01T00:00:00Z', to: '2101-01-01T00:00:00Z' };

/** By `<dashboard>/<panel>`, with the ids of the files. */
const charts = new Map<string, Chart>(
  dashboards.flatMap(({ id, body }) =>
    dashboardSchema
      .parse(body)
      .panels.flatMap((panel) =>
        panel.type === 'vis' ? [[`${short(id)}/${panel.id}`, panel.config] as const] : [],
      ),
  ),
);

const responses = z.object({
  responses: z.array(
    z.object({
      status: z.number(),
      hits: z.object({
        total: z.object({ value: z.number() }),
        hits: z.array(z.object({ fields: z.record(z.string(), z.array(z.unknown())).default({}) })),
      }),
      aggregations: z.unknown().optional(),
    }),
  ),
});

async function msearch(wanted: readonly { stream: string; body: object }[]) {
  const lines = wanted.map(
    ({ stream, body }) =>
      `{"index":"${stream}"}\n${JSON.stringify({ size: 0, track_total_hits: true, ...body })}\n`,
  );
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await fetch(`${url}/_msearch`, { method: 'POST', headers, body: lines.join('') });
  const parsed: unknown = await answer.json();
  const { data } = responses.safeParse(parsed);
  if (!data) throw new Error(JSON.stringify(parsed).slice(0, 2000));
  return data.responses;
}

/** What every panel shows now. */
async function ask(): Promise<Map<string, Row[]>> {
  for (const stream of streams) await refresh(url, stream);
  const wanted = [...charts].map(([panel, chart]) => ({ panel, chart, ...searchOf(chart, range) }));
  const found = await msearch(wanted.map(({ view, body }) => ({ stream: streamOf(view), body })));
  return new Map(
    wanted.map(({ panel, chart }, i) => [panel, answerOf(chart, found[i]?.aggregations)] as const),
  );
}

/** The greatest value of a date field, in milliseconds. */
async function newest(field: string): Promise<number> {
  const fields = [{ field, format: 'epoch_millis' }];
  const body = { size: 1, sort: [{ [field]: 'desc' }], _source: false, docvalue_fields: fields };
  const [found] = await msearch([{ stream: streams[0]!, body }]);
  return Math.floor(Number(found?.hits.hits[0]?.fields[field]?.[0]));
}

/** How many documents each saved search finds. */
async function search(): Promise<Map<string, number>> {
  const wanted = searches.map(({ data_view: view, query }) => ({
    stream: streamOf(view),
    body: { query: kqlToDsl(query) },
  }));
  const found = await msearch(wanted);
  return new Map(searches.map(({ id }, i) => [short(id), found[i]?.hits.total.value ?? 0]));
}

/** Sends all documents of the streams once more, into new backing indices: what a lost answer before a rollover leaves. */
async function copyAll(): Promise<void> {
  const client = await createClient({ urls: [url], requestSeconds: 120 });
  for (const stream of streams) {
    const documents: { id: string; source: Buffer }[] = [];
    for await (const document of allDocuments(url, stream)) documents.push(document);
    await rollover(url, stream);
    const { items: sent } = await bulk(client, {
      stream,
      gzipBody: gzipBody(documents),
      count: documents.length,
    });
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([201]));
  }
  await client.close();
}

/** Each way to a row, and what counts there: an item can be on several. */
type Path<One> = { keys: string[]; one: One };

function pathsOf<One>({ where, by = [] }: Expectation<One>, ones: readonly One[]): Path<One>[] {
  return ones
    .filter((one) => !where || where(one))
    .flatMap((one) =>
      by
        .reduce<string[][]>(
          (begun, of) => begun.flatMap((before) => of(one).map((key) => [...before, key])),
          [[]],
        )
        .map((keys) => ({ keys, one })),
    );
}

/** The time at which a line was read, that has none of its own, is not known beforehand. */
const recorded = { from: Date.parse('2026-11-23T00:50:00Z'), to: Date.parse('2026-11-23T01:15:00Z') };
const known = (key: string) =>
  /^\d{13}$/u.test(key) && (Number(key) < recorded.from || Number(key) > recorded.to) ? 'read' : key;

/** The values of each row that is shown, and that at each level those with the most are, as many as there is room for. */
function compare<One>(
  chart: Chart,
  answered: readonly Row[],
  expectation: Expectation<One>,
  ones: readonly One[],
): void {
  const paths = pathsOf(expectation, ones);
  expect(paths.length, 'there is something to see').toBeGreaterThan(0);
  const levels = expectation.by?.length ?? 0;
  const { metrics } = partsOf(chart);
  const buckets = levels === 0 ? [] : partsOf(chart).buckets;
  expect(buckets.length).toBe(levels);
  expectLevel(0, [], paths, answered);

  function expectLevel(level: number, above: string[], here: Path<One>[], rows: readonly Row[]): void {
    const bucket = buckets[level];
    if (!bucket) {
      expect(rows.length, above.join(' | ')).toBe(1);
      const group = here.map(({ one }) => one);
      expectation.values.forEach((of, i) => {
        const value = of(group);
        if (value === undefined) return;
        const shownValue = rows[0]?.values[i];
        const where = `${above.join(' | ')}: metric ${i}`;
        const tolerance = toleranceOf(metrics[i], value);
        if (tolerance === 0) expect(shownValue, where).toBe(value);
        else expect(Math.abs(Number(shownValue) - Number(value)), where).toBeLessThanOrEqual(tolerance);
      });
      return;
    }
    const wanted = Map.groupBy(here, ({ keys }) => keys[level] ?? '');
    const shown = Map.groupBy(rows, ({ keys }) => keys[level] ?? '');
    const limit = bucket.operation === 'terms' ? bucket.limit : Infinity;
    expect(shown.size, above.join(' | ')).toBe(Math.min(limit, wanted.size));
    const rank = (key: string) => Number(expectation.values[0]?.(itemsAt(wanted.get(key))) ?? 0);
    const least = Math.min(...[...shown.keys()].map(rank));
    for (const key of wanted.keys())
      if (!shown.has(key))
        expect(rank(key), `not shown: ${key}`).toBeLessThanOrEqual(least + toleranceOf(metrics[0], least));
    for (const [key, below] of shown) {
      expect([...wanted.keys()], 'rows that there should be').toContain(key);
      expectLevel(level + 1, [...above, key], wanted.get(key) ?? [], below);
    }
  }
}

/** Each once, by however many ways it comes there. */
function itemsAt<One>(paths: readonly Path<One>[] = []): One[] {
  return [...new Set(paths.map(({ one }) => one))];
}

let shownFirst: Map<string, Row[]>;
let foundFirst: Map<string, number>;
let all: Item[];
let manifests: Manifest[];
let verdicts: Verdict[];

beforeAll(async () => {
  await shipItems(url, namespace);
  verdicts = await createVerdicts(url, namespace);
  [shownFirst, all, manifests] = await Promise.all([ask(), items(), manifestsOf(url, namespace)]);
  foundFirst = await search();
});

afterAll(async () => void (await removeNamespace(url, namespace)));

test('every panel is checked against a count of its own', () => {
  const checked = [expectedOfEvents, expectedOfRecords, expectedOfVerdicts].flatMap((expected) =>
    Object.keys(expected),
  );
  expect([...checked, 'auditseal-volume/lag-events'].toSorted()).toEqual([...charts.keys()].toSorted());
});

describe.each([
  ['as it was shipped', false],
  ['with an identical copy of every document in a newer backing index', true],
] as const)('%s', (_, copied) => {
  let shown: Map<string, Row[]>;

  beforeAll(async () => {
    if (copied) await copyAll();
    shown = copied ? await ask() : shownFirst;
  });

  test.each(Object.keys(expectedOfEvents))('%s shows what the raw lines hold', (panel) => {
    const rows = shown.get(panel)!.map(({ keys, values }) => ({ keys: keys.map(known), values }));
    compare(charts.get(panel)!, rows, expectedOfEvents[panel]!, all);
  });

  const ofRecords = Object.keys(expectedOfRecords).filter((panel) => !copied || !summed.has(panel));
  test.each(ofRecords)('%s shows what the signed manifests hold', (panel) => {
    compare(charts.get(panel)!, shown.get(panel)!, expectedOfRecords[panel]!, manifests);
  });

  test.each(Object.keys(expectedOfVerdicts))('%s shows what the verdicts say', (panel) => {
    compare(charts.get(panel)!, shown.get(panel)!, expectedOfVerdicts[panel]!, verdicts);
  });

  test('auditseal-volume/lag-events shows the newest of the documents themselves', async () => {
    const origins = [...new Set(manifests.map(({ origin }) => origin))];
    expect(shown.get('auditseal-volume/lag-events')).toEqual([
      { keys: origins, values: [await newest('@timestamp'), await newest('event.created')] },
    ]);
  });
});

test('the table of what each rule dropped has as many as there were lines for it, and All the other rules’ too', () => {
  const sum = [...droppedBy.values()].reduce((a, b) => a + b, 0);
  const wanted = [sum, ...droppingRules.map((rule) => droppedBy.get(rule))];
  const [row] = shownFirst.get('auditseal-volume/dropped-by-rule')!;
  expect(row?.values).toEqual(wanted);
  expect(sum - wanted.slice(1).reduce((a, b) => a! + b!, 0)!).toBe(droppedBy.get(siteRule));
});

const total = (rows: Row[]) => rows.reduce((sum, { values }) => sum + Number(values[0]), 0);

test('what is summed over records counts a copied record twice, and nothing else does', async () => {
  const shown = await ask();
  for (const panel of summed) expect(total(shown.get(panel)!), panel).toBe(2 * total(shownFirst.get(panel)!));
});

test('every saved search finds what the raw lines, manifests and verdicts hold', () => {
  const told = new Map<string, number>([
    ...Object.entries(expectedOfSearches).map(([id, where]) => [id, all.filter(where).length] as const),
    ['auditseal-search-gaps', manifests.filter(({ gaps }) => gaps.length > 0).length],
    ['auditseal-search-verifications', verdicts.length],
  ]);
  expect(Math.min(...told.values())).toBeGreaterThan(0);
  expect(Object.fromEntries(foundFirst)).toEqual(Object.fromEntries(told));
});
