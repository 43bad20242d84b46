import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { eventStream } from '../../../agent/streams/index.ts';
import { startAgent, temporaryFolder, until, writeConfig } from '../../kit/agent/index.ts';
import { randomNamespace, refresh } from '../../kit/elasticsearch/index.ts';
import { LogFolder } from '../../unit/source/log-folder.ts';
import { FaultProxy } from '../../whole/delivery/fault-proxy.ts';
import { fetchAgain } from '../../kit/fetch-again.ts';

const minute = 60_000;
const hour = 60 * minute;
const url = inject('elasticsearchUrl');

/** Elastic's prebuilt rules run every five minutes, and look back six to nine minutes; the shortest is what misses most. */
const everyMilliseconds = 5 * minute;
const lookBackMilliseconds = 6 * minute;

/** What a rule's run looks at: what came in, by its own clock, since the run before and a little longer. */
interface Window {
  gte: number;
  lte: number;
}

/** The windows of the runs from `begin` on, up to the first after `end`. */
function windowsOf(begin: number, end: number): Window[] {
  const count = Math.ceil((end - begin) / everyMilliseconds);
  return Array.from({ length: count }, (_, i) => {
    const lte = begin + (i + 1) * everyMilliseconds;
    return { gte: lte - lookBackMilliseconds, lte };
  });
}

function range(field: string, window: Window): object {
  return { range: { [field]: { ...window, format: 'epoch_millis' } } };
}

/** As Kibana asks for a rule with the timestamp override event.ingested: by @timestamp only what lacks it. */
function asRulesAsk(window: Window): object {
  const without = { bool: { must_not: { exists: { field: 'event.ingested' } } } };
  const byTime = { bool: { filter: [without, range('@timestamp', window)] } };
  return { bool: { should: [range('event.ingested', window), byTime], minimum_should_match: 1 } };
}

const answered = z.object({
  hits: z.object({
    hits: z.array(
      z.object({
        _id: z.string(),
        _source: z.object({ '@timestamp': z.string(), event: z.looseObject({ created: z.string() }) }),
        fields: z.object({ 'event.ingested': z.tuple([z.string()]) }).optional(),
      }),
    ),
  }),
});

async function search(stream: string, query: object) {
  const body = { size: 10_000, query, sort: [{ 'event.ingested': 'asc' }], fields: ['event.ingested'] };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetchAgain(`${url}/${stream}/_search`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return answered.parse(await answer.json()).hits.hits;
}

/** A secret read at this time. */
function secretRead(number: number, at: number): string {
  const time = new Date(at).toISOString().replace('Z', '000Z');
  return `${JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `backlog-${number}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/prod/secrets/db',
    verb: 'get',
    user: { username: 'mallory', groups: ['system:authenticated'] },
    sourceIPs: ['10.2.3.4'],
    userAgent: 'curl/8.5.0',
    objectRef: { resource: 'secrets', namespace: 'prod', name: 'db', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
  })}\n`;
}

const namespace = randomNamespace();
const stream = eventStream(namespace);
// Three days, a backup each: what an agent finds that is installed beside an apiserver that has run for long.
const [days, perDay] = [3, 200];
let windows: Window[] = [];

beforeAll(async () => {
  await using place = await temporaryFolder();
  const folder = join(place.path, 'logs');
  await mkdir(folder);
  const log = new LogFolder(folder);
  const oldest = Date.now() - (days * 24 + 1) * hour;
  for (let day = 0; day < days; day += 1) {
    const at = (i: number) => oldest + day * 24 * hour + (i * 24 * hour) / perDay;
    const lines = Array.from({ length: perDay }, (_, i) => secretRead(day * perDay + i, at(i)));
    await log.write(lines.join(''));
    await log.rotate();
  }
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace });
  const begin = Date.now();
  await using agent = await startAgent({ config });
  const read = 'auditseal_read_lines_total{source="kube-apiserver"}';
  await until(
    async () => (await agent.metrics()).get(read) === days * perDay,
    () => `not all was read: ${agent.tail()}`,
  );
  expect(await agent.stop()).toBe(0);
  windows = windowsOf(begin, Date.now());
  await refresh(url, stream);
});

test("of a backlog every event lies in a window of the rules' runs by event.ingested, and none by its own time", async () => {
  const all = await search(stream, { match_all: {} });
  expect(all).toHaveLength(days * perDay);
  for (const { _source: source, fields } of all)
    expect(fields?.['event.ingested'], 'the alias has the time of reading').toEqual([source.event.created]);

  const inWindows = async (queryOf: (window: Window) => object) =>
    new Set((await Promise.all(windows.map((window) => search(stream, queryOf(window))))).flat().map(idOf));
  expect(await inWindows((window) => range('@timestamp', window))).toEqual(new Set());
  expect(await inWindows((window) => range('event.ingested', window))).toEqual(new Set(all.map(idOf)));
  expect(await inWindows(asRulesAsk)).toEqual(new Set(all.map(idOf)));
});

const idOf = ({ _id: id }: { _id: string }) => id;

const capabilities = z.object({
  fields: z.object({
    'event.ingested': z.record(z.string(), z.object({ searchable: z.boolean(), aggregatable: z.boolean() })),
  }),
});

test('whoever asks which indices have the time field of the rules is told that all have it, as a date', async () => {
  const path = `${url}/${stream}/_field_caps?fields=event.ingested&include_unmapped=true`;
  const answer = capabilities.parse(await (await fetch(path)).json());
  expect(answer.fields['event.ingested']).toEqual({
    date: expect.objectContaining({ searchable: true, aggregatable: true }) as unknown,
  });
});

test('what waited in the spool keeps the time of reading: only who looks back further than it waited finds it', async () => {
  await using place = await temporaryFolder();
  await using proxy = await FaultProxy.start(url);
  const folder = join(place.path, 'logs');
  await mkdir(folder);
  await new LogFolder(folder).write(secretRead(0, Date.now() - hour));
  const apart = randomNamespace();
  const config = await writeConfig(place.path, { elasticsearchUrl: proxy.url, namespace: apart });
  let refusals = 0;
  proxy.always = () => (exchange) => {
    refusals += 1;
    exchange.reply({ status: 503 });
  };
  await using agent = await startAgent({ config });
  await until(
    () => refusals > 2,
    () => `it did not try again: ${agent.tail()}`,
  );
  const back = Date.now();
  proxy.always = undefined;
  expect(await agent.stop()).toBe(0);
  const spooled = eventStream(apart);
  await refresh(url, spooled);
  const found = await search(spooled, { match_all: {} });
  const [read] = found.map(({ _source: source }) => Date.parse(source.event.created));
  expect(found).toHaveLength(1);
  const waited = back - (read ?? NaN);
  expect(waited).toBeGreaterThan(0);
  // The first run that there is something to find for.
  const lookingBack = async (milliseconds: number) =>
    await search(spooled, asRulesAsk({ gte: back - milliseconds, lte: back + everyMilliseconds }));
  expect(await lookingBack(waited - 1)).toEqual([]);
  expect(await lookingBack(waited)).toHaveLength(1);
});
