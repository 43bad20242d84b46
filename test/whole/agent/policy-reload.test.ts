import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { named } from '../../../agent/flow/index.ts';
import {
  countEvents,
  keepEverything,
  manifestsOf,
  startAgent,
  temporaryFolder,
  until,
  verify,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');
const digest = (text: string) => named(text).sha256;
const dropping = keepEverything
  .replace('name: everything', 'name: nothing')
  .replace('RequestResponse', 'None');

let made = 0;
const events = (count: number) =>
  Array.from(
    { length: count },
    () =>
      `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"${(made += 1)}","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"list","user":{"username":"alice"},"objectRef":{"resource":"pods"},"stageTimestamp":"2026-11-23T01:06:03.433599Z"}`,
  );

test('a changed policy decides without a restart; each manifest names the one that it was, and what is refused is said', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace });
  const policyFile = join(place.path, 'policy.yaml');
  await using agent = await startAgent({ config });
  const metric = async (name: string) => (await agent.metrics()).get(name);
  const reaches = async (name: string, value: number) =>
    await until(
      async () => (await metric(name)) === value,
      () => agent.tail(),
    );

  await writer.many(events(5));
  await until(
    async () => (await countEvents(url, namespace)) === 5,
    () => agent.tail(),
  );
  await writeFile(policyFile, dropping);
  await reaches('auditseal_policy_reloads_total{result="success"}', 1);
  await writer.many(events(7));
  await reaches('auditseal_dropped_events_total{source="kube-apiserver",rule="nothing"}', 7);
  await writeFile(policyFile, 'kind: Policy\nrules: none\n');
  await reaches('auditseal_policy_refused', 1);
  await writer.many(events(3));
  await reaches('auditseal_dropped_events_total{source="kube-apiserver",rule="nothing"}', 10);
  expect(agent.tail()).toContain('the policy of before stays in force');
  await writeFile(policyFile, keepEverything);
  await reaches('auditseal_policy_refused', 0);
  await writer.many(events(2));
  await until(
    async () => (await countEvents(url, namespace)) === 7,
    () => agent.tail(),
  );
  expect(await agent.stop()).toBe(0);

  const manifests = await manifestsOf(url, namespace);
  const notices = manifests.flatMap(({ policy, notices: all }) =>
    all.filter(({ kind }) => kind === 'policy').map((notice) => ({ ...notice, at: '', under: policy })),
  );
  const [keep, drop] = [digest(keepEverything), digest(dropping)];
  const refused = digest('kind: Policy\nrules: none\n');
  expect(notices).toEqual([
    { kind: 'policy', at: '', text: keepEverything, under: keep },
    { kind: 'policy', at: '', text: dropping, before: keep, under: drop },
    { kind: 'policy', at: '', before: drop, problem: 'invalid', refused, under: drop },
    { kind: 'policy', at: '', text: keepEverything, before: drop, under: keep },
  ]);
  for (const { policy, count, dropped } of manifests)
    expect(policy === drop ? count : Object.keys(dropped).length).toBe(0);
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});
