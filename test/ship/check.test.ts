import { expect, inject, test } from 'vitest';
import {
  checkStreams,
  checkTemplates,
  createClient,
  eventStream,
  installTemplates,
  recordStream,
  request,
} from '../../agent/ship/index.ts';
import type { ElasticsearchClient } from '../../agent/ship/index.ts';
import { createDocument, randomNamespace } from '../elasticsearch/index.ts';
import { standIn } from './stand-in.ts';

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
  expect(await checkStreams(client, { namespace })).toEqual({ warnings: [] });
  await installTemplates(client, { namespace, retentionDays: 400 });
  for (const stream of [eventStream(namespace), recordStream(namespace)])
    await createDocument(inject('elasticsearchUrl'), stream, '1', ours);
  expect(await checkStreams(client, { namespace })).toEqual({ warnings: [] });
});

test('a stream with documents of others alone is refused, with the remedy', async () => {
  const client = await connect();
  const namespace = randomNamespace();
  await installTemplates(client, { namespace, retentionDays: 400 });
  await createDocument(inject('elasticsearchUrl'), recordStream(namespace), '1', foreign);
  await expect(checkStreams(client, { namespace })).rejects.toMatchObject({
    code: 'foreign-stream',
    message: expect.stringMatching(
      /^logs-auditseal\.batch-\w+ holds documents that are not auditseal's\. Set elasticsearch\.namespace/u,
    ) as unknown,
  });
});

test('whoever adds a document beside ours does not stop the agent', async () => {
  const client = await connect();
  const namespace = randomNamespace();
  await installTemplates(client, { namespace, retentionDays: 400 });
  await createDocument(inject('elasticsearchUrl'), eventStream(namespace), '1', ours);
  await createDocument(inject('elasticsearchUrl'), eventStream(namespace), '2', foreign);
  expect(await checkStreams(client, { namespace })).toEqual({
    warnings: [expect.stringContaining('run auditseal verify')],
  });
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
  await expect(checkStreams(client, { namespace })).rejects.toMatchObject({
    code: 'foreign-stream',
    message: expect.stringContaining(why) as unknown,
  });
});

test('an index in the place of a stream is refused', async () => {
  const client = await connect();
  const namespace = randomNamespace();
  await request(client, { method: 'PUT', path: `/${eventStream(namespace)}`, body: {} });
  await expect(checkStreams(client, { namespace })).rejects.toMatchObject({
    code: 'foreign-stream',
    message: expect.stringContaining('not a data stream') as unknown,
  });
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
  await expect(checkStreams(await connect(server.url), { namespace: 'n' })).rejects.toMatchObject({
    code: 'foreign-stream',
    message: expect.stringMatching(
      /index\.mapping\.source\.mode "synthetic" instead of "stored".*maps _source as \{"mode":"synthetic"\}/u,
    ) as unknown,
  });
});

test('credentials that may not read only cost the check, with a warning', async () => {
  await using server = await standIn({ status: 403, body: '{"error":"no"}' });
  expect(await checkStreams(await connect(server.url), { namespace: 'n' })).toEqual({
    warnings: [
      expect.stringMatching(/^logs-kubernetes.*view_index_metadata/u),
      expect.stringMatching(/^logs-auditseal.*view_index_metadata/u),
    ],
  });
});

test('a server that is away is an error, to try again', async () => {
  await using server = await standIn({ status: 503, body: '{}' });
  await expect(checkStreams(await connect(server.url), { namespace: 'n' })).rejects.toMatchObject({
    code: 'rejected',
  });
});

test('what Elasticsearch would make of our streams is right only with our templates in force', async () => {
  const client = await connect();
  const namespace = randomNamespace();
  await expect(checkTemplates(client, { namespace })).rejects.toMatchObject({
    code: 'templates',
    message: expect.stringContaining('auditseal setup') as unknown,
  });
  await installTemplates(client, { namespace, retentionDays: 400 });
  expect(await checkTemplates(client, { namespace })).toEqual({ warnings: [] });
  // An integration's pipeline, under a template that beats ours.
  const stream = eventStream(namespace);
  const template = { settings: { index: { default_pipeline: 'theirs' } } };
  const body = { index_patterns: [stream], priority: 10_000, data_stream: {}, template };
  await request(client, { method: 'PUT', path: `/_index_template/theirs-${namespace}`, body });
  await expect(checkTemplates(client, { namespace })).rejects.toThrow(
    `${stream} would have index.default_pipeline "theirs" instead of "_none"`,
  );
});

test('a key that may not look at templates gets a warning', async () => {
  await using server = await standIn({
    status: 403,
    body: '{"error":{"type":"security_exception","reason":"no"}}',
  });
  const { warnings } = await checkTemplates(await connect(server.url), { namespace: 'x' });
  expect(warnings).toEqual([expect.stringContaining('could not be checked')]);
});
