import { expect, inject, test } from 'vitest';
import {
  checkStreams,
  checkTemplates,
  eventStream,
  installTemplates,
  recordStream,
} from '../../../agent/streams/index.ts';
import { createClient, request } from '../../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../../agent/elasticsearch/index.ts';
import { createDocument, randomNamespace } from '../../kit/elasticsearch/index.ts';
import { standIn } from '../../kit/stand-in.ts';

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
  expect(await checkStreams(client, { namespace })).toEqual({ warnings: [], unchecked: [] });
  await installTemplates(client, { namespace, retentionDays: 400 });
  for (const stream of [eventStream(namespace), recordStream(namespace)])
    await createDocument(inject('elasticsearchUrl'), stream, '1', ours);
  expect(await checkStreams(client, { namespace })).toEqual({ warnings: [], unchecked: [] });
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
    unchecked: [],
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

test('credentials that may not read only cost the check, and it is said which', async () => {
  await using server = await standIn({ status: 403, body: '{"error":"no"}' });
  expect(await checkStreams(await connect(server.url), { namespace: 'n' })).toEqual({
    warnings: [],
    unchecked: [
      expect.stringMatching(/^logs-kubernetes.*view_index_metadata/u),
      expect.stringMatching(/^logs-auditseal.*view_index_metadata/u),
    ],
  });
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
