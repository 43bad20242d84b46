import { describe, expect, test } from 'vitest';
import { describeResults } from '../../../agent/check-result.ts';
import type { CheckResult } from '../../../agent/check-result.ts';
import { bulk, createClient, request } from '../../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../../agent/elasticsearch/index.ts';
import {
  checkStreams,
  checkTemplates,
  eventStream,
  installTemplates,
  prepareStreams,
  recordStream,
} from '../../../agent/streams/index.ts';
import { allDocuments, randomNamespace, refresh } from '../../kit/elasticsearch/index.ts';
import { gzipBody } from '../../kit/body.ts';

const states = (results: readonly CheckResult[]) => results.map(({ state }) => state);

/** What stands in the way, as a message says it. */
const problems = (results: readonly CheckResult[]) =>
  describeResults(results.filter(({ state }) => state === 'problem'));

/** Documents of every kind of spelling that a pipeline, another mode or another template would print anew. */
const source =
  '{ "@timestamp" : "2026-11-23T01:00:00Z","auditseal":{"origin":"o","batch":0},"a":1.0,"b":"\\u0026","kubernetes":{"audit":{"verb":"get"}}}';

/** Templates and components of others, as Elasticsearch and Elastic's integrations have them; removed again. */
class Others implements AsyncDisposable {
  readonly #client: ElasticsearchClient;
  readonly #paths: string[] = [];

  constructor(client: ElasticsearchClient) {
    this.#client = client;
  }

  async put(path: string, body: object): Promise<void> {
    await request(this.#client, { method: 'PUT', path, body });
    this.#paths.unshift(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const path of this.#paths)
      await request(this.#client, { method: 'DELETE', path, expect: [400, 404] });
  }
}

/** What Elasticsearch would do to our documents, were its template in force: settings and mappings. */
const hostile: [name: string, template: object, why: RegExp][] = [
  [
    'a default pipeline',
    { settings: { index: { default_pipeline: 'theirs' } } },
    /index\.default_pipeline "theirs"/u,
  ],
  [
    'a final pipeline',
    { settings: { index: { final_pipeline: 'theirs' } } },
    /index\.final_pipeline "theirs"/u,
  ],
  ['index.mode logsdb', { settings: { index: { mode: 'logsdb' } } }, /index\.mode "logsdb"/u],
  [
    'synthetic _source',
    { settings: { index: { mapping: { source: { mode: 'synthetic' } } } } },
    /index\.mapping\.source\.mode "synthetic"/u,
  ],
  [
    '_source with fields left out',
    { mappings: { _source: { excludes: ['kubernetes'] } } },
    /maps? _source as \{"excludes"/u,
  ],
  ['dynamic mapping', { mappings: { dynamic: true } }, /would map fields that clients choose/u],
  [
    'no field of ours',
    { mappings: { dynamic: false } },
    /would map auditseal\.origin as nothing instead of keyword/u,
  ],
];

/** What must hold beside the templates of others, on each version of Elasticsearch that the agent can work with. */
export function definesBeside(getUrl: () => string): void {
  const connect = () => createClient({ urls: [getUrl()], requestSeconds: 30 });

  test('without a template of ours nothing is right, with the remedy', async () => {
    expect(problems(await checkTemplates(await connect(), { namespace: randomNamespace() }))).toMatch(
      /no index template matches.*auditseal setup/u,
    );
  });

  describe.each(hostile)('a template of others of a higher priority with %s', (_name, template, why) => {
    test('is noticed, named, and refused', async () => {
      const client = await connect();
      const namespace = randomNamespace();
      await installTemplates(client, { namespace, retentionDays: 400 });
      expect(states(await checkTemplates(client, { namespace }))).toEqual(['ok', 'ok']);
      await using others = new Others(client);
      // As wide as can be without being in the way of other tests on this server.
      const patterns = [`logs-*-${namespace}`];
      await others.put(`/_index_template/theirs-${namespace}`, {
        index_patterns: patterns,
        priority: 10_000,
        data_stream: {},
        template,
      });
      const found = problems(await checkTemplates(client, { namespace }));
      expect(found).toMatch(why);
      for (const stream of [eventStream(namespace), recordStream(namespace)])
        expect(found).toContain(
          `index template for ${stream}: the template in force is theirs-${namespace} (priority 10000, patterns ${patterns[0]})`,
        );
    });
  });

  test("beside Elasticsearch's own templates and an integration's, our documents stay as they were sent", async () => {
    const client = await connect();
    const namespace = randomNamespace();
    await using others = new Others(client);
    await request(client, { method: 'PUT', path: '/_ingest/pipeline/theirs', body: { processors: [] } });
    // `logs` as the server ships it, and the custom component that operators change it with; both only for this
    // namespace, since other tests use this server at the same time.
    const custom = `logs@custom-${namespace}`;
    await others.put(`/_component_template/${custom}`, {
      template: { settings: { index: { default_pipeline: 'theirs', final_pipeline: 'theirs' } } },
    });
    await others.put(`/_index_template/logs-${namespace}`, {
      index_patterns: [`logs-*-${namespace}`],
      priority: 100,
      data_stream: {},
      composed_of: [custom],
      template: { settings: { index: { mode: 'logsdb', mapping: { ignore_malformed: true } } } },
    });
    // Elastic's Kubernetes integration owns this pattern with priority 200.
    await others.put(`/_index_template/logs-kubernetes.audit_logs-${namespace}`, {
      index_patterns: [`logs-kubernetes.audit_logs-${namespace}*`],
      priority: 200,
      data_stream: {},
      template: {
        settings: { index: { default_pipeline: 'theirs', mapping: { source: { mode: 'synthetic' } } } },
      },
    });
    await installTemplates(client, { namespace, retentionDays: 400 });
    expect(states(await checkTemplates(client, { namespace }))).toEqual(['ok', 'ok']);
    for (const stream of [eventStream(namespace), recordStream(namespace)]) {
      const { items } = await bulk(client, { stream, gzipBody: gzipBody([{ id: '1', source }]), count: 1 });
      expect(items.map(({ status }) => status)).toEqual([201]);
      await refresh(getUrl(), stream);
      for await (const document of allDocuments(getUrl(), stream))
        expect(document.source.toString()).toBe(source);
    }
    expect(states(await checkStreams(client, { namespace }))).toEqual(['ok', 'ok']);
  });

  test('our own template, changed by others, is noticed', async () => {
    const client = await connect();
    const namespace = randomNamespace();
    await installTemplates(client, { namespace, retentionDays: 400 });
    await request(client, {
      method: 'PUT',
      path: `/_component_template/auditseal-settings-${namespace}`,
      body: { template: { settings: { index: { mode: 'logsdb' } } } },
    });
    expect(problems(await checkTemplates(client, { namespace }))).toMatch(
      /is ours by its name and has been changed/u,
    );
  });

  test('an agent that starts beside a template that wins over ours waits until it is gone, and says why', async () => {
    const client = await connect();
    const namespace = randomNamespace();
    const path = `/_index_template/theirs-${namespace}`;
    const template = { settings: { index: { mode: 'logsdb' } } };
    const body = { index_patterns: [`logs-*-${namespace}`], priority: 10_000, data_stream: {}, template };
    await request(client, { method: 'PUT', path, body });
    const failures: string[] = [];
    const ready = prepareStreams(client, {
      namespace,
      retentionDays: 400,
      installTemplates: true,
      signal: new AbortController().signal,
      onWarning: () => undefined,
      onFailure: ({ message }) => {
        failures.push(message);
        if (failures.length === 2) void request(client, { method: 'DELETE', path });
      },
    });
    await ready;
    expect(failures.length).toBeGreaterThanOrEqual(2);
    expect(failures[0]).toMatch(/index\.mode "logsdb".*remove templates of a higher priority/u);
    expect(states(await checkTemplates(client, { namespace }))).toEqual(['ok', 'ok']);
  });
}
