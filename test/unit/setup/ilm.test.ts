import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test as always } from 'vitest';
import { stringify } from 'yaml';
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { randomNamespace } from '../../kit/elasticsearch/index.ts';
import { securedElasticsearch } from '../../kit/elasticsearch/secured.ts';
import { administrator, setup } from './command.ts';
import type { Ran } from './command.ts';
import { Secured } from './secured.ts';

const node = await securedElasticsearch();
const test = always.skipIf(!node);

/** A cluster with security and a stand-in for ILM, and setup with a configuration that names an ILM policy. */
async function scene() {
  const folder = await temporaryFolder();
  const server = await Secured.start(node!.openUrl);
  const namespace = randomNamespace();
  const [, , ...options] = await administrator(folder.path, server.url, namespace);
  const run = async (elasticsearch: object): Promise<Ran> => {
    const config = join(folder.path, 'auditseal.yaml');
    const sources = [{ name: 'kube-apiserver', path: '/var/log/audit.log' }];
    const text = {
      cluster: 'test',
      sources,
      elasticsearch: { urls: [server.url], namespace, ...elasticsearch },
    };
    await writeFile(config, stringify(text));
    return await setup('--config', config, ...options, '--no-key');
  };
  return {
    server,
    namespace,
    run,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const deleting = (age: string) => ({
  phases: { hot: { actions: {} }, delete: { min_age: age, actions: { delete: {} } } },
});

test('a policy that does not exist is made, for the events alone', async () => {
  await using at = await scene();
  const made = await at.run({ ilmPolicy: 'audit', retentionDays: 90 });
  expect(made, made.error).toMatchObject({ code: 0, error: '' });
  expect(at.server.policies.get('audit')).toMatchObject({
    phases: {
      hot: { actions: { rollover: { max_age: '30d' } } },
      delete: { min_age: '90d', actions: { delete: {} } },
    },
  });
  const put = at.server.requests
    .filter(({ method, path }) => method === 'PUT' && path.startsWith('/_index_template/'))
    .map(({ body }) => JSON.parse(body.toString()) as unknown);
  expect(put).toMatchObject([
    { template: { settings: { 'index.lifecycle.name': 'audit', 'index.lifecycle.prefer_ilm': true } } },
    { template: { lifecycle: { data_retention: '36500d' } } },
    { template: { lifecycle: { data_retention: '90d' } } },
  ]);
  expect(put[0]).not.toHaveProperty('template.lifecycle');
  expect(put[1], 'the records outlive the events').not.toHaveProperty('template.settings');
});

test('a changed retention changes our policy, and doing it again nothing', async () => {
  await using at = await scene();
  expect(await at.run({ ilmPolicy: 'audit', retentionDays: 90 })).toMatchObject({ code: 0 });
  expect((await at.run({ ilmPolicy: 'audit', retentionDays: 90 })).out).toContain(
    'ILM policy audit: unchanged',
  );
  expect((await at.run({ ilmPolicy: 'audit', retentionDays: 120 })).out).toContain('ILM policy audit: put');
  expect(at.server.policies.get('audit')).toMatchObject({ phases: { delete: { min_age: '120d' } } });
});

test("another's policy is left as it is, unless it deletes too early", async () => {
  await using at = await scene();
  at.server.policies.set('theirs', deleting('30d'));
  expect(await at.run({ ilmPolicy: 'theirs', retentionDays: 90 })).toMatchObject({
    code: 2,
    error: expect.stringMatching(/theirs deletes after 30d, before the 90 days/u) as unknown,
  });
  expect(at.server.changes).toEqual([]);
  at.server.policies.set('theirs', deleting('2160h'));
  expect((await at.run({ ilmPolicy: 'theirs', retentionDays: 90 })).out).toContain(
    "not auditseal's, left as it is",
  );
  expect(at.server.policies.get('theirs')).toEqual(deleting('2160h'));
});

test('a stream that exists is handed over to ILM and back', async () => {
  await using at = await scene();
  const { managed } = at.server.streams;
  expect(await at.run({})).toMatchObject({ code: 0 });
  expect(await at.run({ ilmPolicy: 'audit' })).toMatchObject({ code: 0 });
  expect(managed.get(eventStream(at.namespace))).toMatchObject({ policy: 'audit' });
  expect(managed.get(recordStream(at.namespace))).toEqual({ retention: '36500d' });
  expect(await at.run({})).toMatchObject({ code: 0 });
  expect(managed.get(eventStream(at.namespace))).toEqual({ retention: '400d' });
});

test('records that would not outlive their events are refused', async () => {
  await using at = await scene();
  expect(await at.run({ retentionDays: 400, recordRetentionDays: 399 })).toMatchObject({
    code: 78,
    error: expect.stringMatching(
      /elasticsearch\.recordRetentionDays: must not be below retentionDays \(400\)/u,
    ) as unknown,
  });
  expect(at.server.requests).toEqual([]);
});
