import { expect, inject, test } from 'vitest';
import {
  checkStreams,
  checkTemplates,
  eventStream,
  fieldsInForce,
  installTemplates,
  recordStream,
} from '../../../agent/streams/index.ts';
import { describeResults } from '../../../agent/check-result.ts';
import type { CheckResult } from '../../../agent/check-result.ts';
import { createClient, request } from '../../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../../agent/elasticsearch/index.ts';
import { createDocument, randomNamespace } from '../../kit/elasticsearch/index.ts';
import { standIn } from '../../kit/stand-in.ts';

/** What stands in the way, as a message says it. */
const problems = (results: readonly CheckResult[]) =>
  describeResults(results.filter(({ state }) => state === 'problem'));

const states = (results: readonly CheckResult[]) => results.map(({ state }) => state);

const connect = (url = inject('elasticsearchUrl')) => createClient({ urls: [url], requestSeconds: 20 });
const ours = Buffer.from('{"@timestamp":"2026-11-23T01:00:00Z","auditseal":{"origin":"o","batch":0}}');
const foreign = Buffer.from('{"@timestamp":"2026-11-23T01:00:00Z","message":"hello"}');

/** A data stream as somebody else would make it. */
async function makeForeign(client: ElasticsearchClient, stream: string, template: object): Promise<void> {
  const body = { index_patterns: [stream], priority: 500, data_stream: {}, template };
  await request(client, { method: 'PUT', path: `/_index_template/foreign-${stream}`, body });
  await createDocument(inject('elasticsearchUrl'), stream, '1', ours);
}

const mappings = { properties: { auditseal: { properties: { origin: { type: 'keyword' } } } } };

test('streams that do not exist yet, or that are ours, are fine', async () => {
  const client = await connect();
  const namespace = randomNamespace();
  expect(states(await checkStreams(client, { namespace }))).toEqual(['ok', 'ok']);
  await installTemplates(client, { namespace, retentionDays: 400 });
  for (const stream of [eventStream(namespace), recordStream(namespace)])
    await createDocument(inject('elasticsearchUrl'), stream, '1', ours);
  expect(states(await checkStreams(client, { namespace }))).toEqual(['ok', 'ok']);
});

test('a stream with documents of others alone is refused, with the remedy', async () => {
  const client = await connect();
  const namespace = randomNamespace();
  await installTemplates(client, { namespace, retentionDays: 400 });
  await createDocument(inject('elasticsearchUrl'), recordStream(namespace), '1', foreign);
  const results = await checkStreams(client, { namespace });
  expect(states(results)).toEqual(['ok', 'problem']);
  expect(describeResults(results.slice(1))).toMatch(
    /^data stream logs-auditseal\.batch-\w+: holds documents that are not auditseal's instead of auditseal's alone\. Set elasticsearch\.namespace/u,
  );
});

test('whoever adds a document beside ours does not stop the agent', async () => {
  const client = await connect();
  const namespace = randomNamespace();
  await installTemplates(client, { namespace, retentionDays: 400 });
  await createDocument(inject('elasticsearchUrl'), eventStream(namespace), '1', ours);
  await createDocument(inject('elasticsearchUrl'), eventStream(namespace), '2', foreign);
  const results = await checkStreams(client, { namespace });
  expect(states(results)).toEqual(['warning', 'ok']);
  expect(results[0]?.remedy).toContain('`auditseal verify` names them');
});

test.each([
  ['a pipeline', { settings: { 'index.final_pipeline': 'p' }, mappings }, 'index.final_pipeline "p"'],
  [
    'logsdb',
    { settings: { 'index.mode': 'logsdb', 'index.codec': 'default' }, mappings },
    'index.mode "logsdb"',
  ],
  [
    '_source with fields left out',
    { mappings: { ...mappings, _source: { excludes: ['x'] } } },
    'maps _source as {"excludes":["x"]}',
  ],
])('a stream made by others with %s is refused', async (_name, template, why) => {
  const client = await connect();
  const namespace = randomNamespace();
  if (why.includes('pipeline'))
    await request(client, { method: 'PUT', path: '/_ingest/pipeline/p', body: { processors: [] } });
  await makeForeign(client, eventStream(namespace), template);
  expect(problems(await checkStreams(client, { namespace }))).toContain(why);
});

test('an index in the place of a stream is refused', async () => {
  const client = await connect();
  const namespace = randomNamespace();
  await request(client, { method: 'PUT', path: `/${eventStream(namespace)}`, body: {} });
  expect(problems(await checkStreams(client, { namespace }))).toMatch(
    /is an index or an alias .* instead of a data stream/u,
  );
});

test('synthetic _source is refused', async () => {
  const index = '.ds-logs-x-000001';
  await using server = await standIn(({ path }) => {
    if (path.includes('_settings'))
      return { body: `{"${index}":{"settings":{"index.mapping.source.mode":"synthetic"}}}` };
    if (path.includes('_mapping'))
      return { body: `{"${index}":{"mappings":{"_source":{"mode":"synthetic"}}}}` };
    return { body: '{"hits":{"total":{"value":0}}}' };
  });
  expect(problems(await checkStreams(await connect(server.url), { namespace: 'n' }))).toMatch(
    /index\.mapping\.source\.mode "synthetic" instead of "stored".*maps _source as \{"mode":"synthetic"\}/u,
  );
});

const runtime = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { type: 'keyword' }]));

test('a runtime field over one of ours is a warning that names index, field and what to do, and gone once that was done', async () => {
  const client = await connect();
  const namespace = randomNamespace();
  const stream = eventStream(namespace);
  await installTemplates(client, { namespace, retentionDays: 400 });
  await createDocument(inject('elasticsearchUrl'), stream, '1', ours);
  const path = `/${stream}/_mapping`;
  const put = async (body: object) => await request(client, { method: 'PUT', path, body });
  await put({ runtime: runtime('of_their_own', 'user') });
  expect(states(await checkStreams(client, { namespace })), 'of other names').toEqual(['ok', 'ok']);
  await put({ runtime: runtime('user.name', 'kubernetes.audit.user.username') });
  const results = await checkStreams(client, { namespace });
  expect(states(results)).toEqual(['warning', 'ok']);
  const [index = '', hidden] = /(\S+) has runtime fields over (.*)$/u.exec(results[0]!.found)?.slice(1) ?? [];
  expect([index.startsWith(`.ds-${stream}-`), hidden]).toEqual([
    true,
    'kubernetes.audit.user.username, user.name',
  ]);
  const [, target = '', body = ''] = /remove it: PUT (\S+) (\{.*\})$/u.exec(results[0]!.remedy) ?? [];
  expect(target).toBe(`/${index}/_mapping`);
  await request(client, { method: 'PUT', path: target, body: JSON.parse(body) as object });
  expect(states(await checkStreams(client, { namespace }))).toEqual(['ok', 'ok']);
});

test('runtime fields of a template are a warning, too', async () => {
  const client = await connect();
  const namespace = randomNamespace();
  await installTemplates(client, { namespace, retentionDays: 400 });
  const path = `/_component_template/auditseal-events-${namespace}`;
  const { body } = await request(client, { method: 'GET', path });
  const [{ component_template: component }] = (
    body as { component_templates: [{ component_template: { template: { mappings: object } } }] }
  ).component_templates;
  const shadowing = { ...component.template.mappings, runtime: { 'event.action': { type: 'keyword' } } };
  await request(client, {
    method: 'PUT',
    path,
    body: { template: { ...component.template, mappings: shadowing } },
  });
  const results = await checkTemplates(client, { namespace });
  expect(states(results)).toEqual(['warning', 'ok']);
  expect(describeResults(results.slice(0, 1))).toContain('would lay runtime fields over event.action');
});

/** The embedded Elasticsearch has no script language, without which no composite field can be made. */
test('the members of a composite runtime field are fields', async () => {
  const index = '.ds-logs-x-000001';
  const mapping = {
    [index]: {
      mappings: { runtime: { user: { type: 'composite', fields: { name: { type: 'keyword' } } } } },
    },
  };
  await using server = await standIn(({ path }) => {
    if (path.includes('_settings')) return { body: `{"${index}":{"settings":{}}}` };
    if (path.includes('_mapping')) return { body: JSON.stringify(mapping) };
    if (path.includes('_field_caps'))
      return { body: '{"fields":{"user.name":{"keyword":{"searchable":true}}}}' };
    return { body: '{"hits":{"total":{"value":0}}}' };
  });
  const client = await connect(server.url);
  const [events] = await checkStreams(client, { namespace: 'n' });
  expect(events).toMatchObject({ state: 'warning', found: `${index} has runtime fields over user.name` });
  const { problems: found } = await fieldsInForce(client, 'logs-x', { 'user.name': 'keyword' });
  expect(found).toContain(`${index}: user.name is a runtime field`);
});

test('credentials that may not read only cost the check, and it is said which', async () => {
  await using server = await standIn({ status: 403, body: '{"error":"no"}' });
  const found = expect.stringContaining('view_index_metadata') as unknown;
  expect(await checkStreams(await connect(server.url), { namespace: 'n' })).toMatchObject([
    { name: 'data stream logs-kubernetes.audit_logs-n', state: 'unchecked', found },
    { name: 'data stream logs-auditseal.batch-n', state: 'unchecked', found },
  ]);
});

test('a key that does not count any more is an error, to try again once it is renewed', async () => {
  await using server = await standIn({ status: 401, body: '{}' });
  const client = await connect(server.url);
  for (const check of [checkStreams, checkTemplates])
    await expect(check(client, { namespace: 'n' })).rejects.toMatchObject({ status: 401 });
});

test('a server that is away is an error, to try again', async () => {
  await using server = await standIn({ status: 503, body: '{}' });
  await expect(checkStreams(await connect(server.url), { namespace: 'n' })).rejects.toMatchObject({
    code: 'rejected',
  });
});
