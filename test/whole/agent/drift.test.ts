import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { defineDoctor } from '../../../agent/cli/doctor/index.ts';
import { recordStream } from '../../../agent/streams/index.ts';
import { captured } from '../../kit/captured-terminal.ts';
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
import { randomNamespace, refresh, removeNamespace } from '../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');
const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
const withoutSecrets = `${head}rules: [{level: None, resources: [{group: '', resources: [secrets]}]}, {level: Metadata}]\n`;

test('what decides what gets logged is sealed when it changes, once over a restart, and verify prints it', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const manifests = join(place.path, 'manifests');
  await mkdir(manifests);
  await copyFile('test/kit/fixtures/drift/kind/kube-apiserver.yaml', join(manifests, 'kube-apiserver.yaml'));
  const auditPolicyFile = join(place.path, 'audit-policy.yaml');
  await writeFile(auditPolicyFile, `${head}rules: [{level: Metadata}]\n`);
  const writer = await Writer.make(place.path);
  const config = await writeConfig(place.path, {
    elasticsearchUrl: url,
    namespace,
    more: { drift: { apiserverPath: manifests, auditPolicyFile, seconds: 10 } },
  });
  {
    await using agent = await startAgent({ config });
    await until(
      async () => (await agent.metrics()).get('auditseal_drift{check="audit-policy"}') === 0,
      () => agent.tail(),
    );
    await writer.lines(3);
    await until(
      async () => (await countEvents(url, namespace)) === 3,
      () => agent.tail(),
    );
    const metrics = await agent.metrics();
    const stages = [...metrics].filter(([name]) => name.startsWith('auditseal_stage_events_total{'));
    expect(stages.reduce((sum, [, count]) => sum + count, 0)).toBe(3);
    // The log that is read is not the one that the flags name.
    expect(metrics.get('auditseal_drift{check="flag-audit-log-path"}')).toBe(2);
    expect(await agent.stop()).toBe(0);
  }
  // While no agent runs.
  await writeFile(auditPolicyFile, withoutSecrets);
  {
    await using agent = await startAgent({ config });
    const weaker = 'auditseal_audit_policy_changes_total{effect="weaker"}';
    await until(
      async () => (await agent.metrics()).get(weaker) === 1,
      () => agent.tail(),
    );
    expect(agent.tail()).toContain('secrets are no longer logged (Metadata before)');
    expect(await agent.stop()).toBe(0);
  }
  const notices = (await manifestsOf(url, namespace)).flatMap((manifest) =>
    manifest.notices.filter((notice) => notice.kind === 'drift'),
  );
  const ofPolicy = notices.filter(({ check }) => check === 'audit-policy');
  expect(ofPolicy).toMatchObject([
    { state: 'ok' },
    { state: 'warning', changes: ['secrets are no longer logged (Metadata before)'] },
  ]);
  expect(ofPolicy[0]).not.toHaveProperty('changes');
  // What stayed as it was is not said again.
  expect(notices.filter(({ check }) => check === 'flag-audit-log-path')).toHaveLength(1);
  const { exitCode, lines } = await verify(url, namespace);
  expect(exitCode).toBe(0);
  expect(lines.find((line) => line.includes('drift:') && line.includes('audit-policy (warning)'))).toMatch(
    /secrets are no longer logged \(Metadata before\); at batch \d+/u,
  );
  await removeNamespace(url, namespace);
});

test('doctor sees in Elasticsearch that agents of a cluster decide by different policies', async () => {
  const namespace = randomNamespace();
  const elsewhere = keepEverything.replace('name: everything', 'name: all');
  for (const [node, policy] of [
    ['node-1', keepEverything],
    ['node-2', elsewhere],
  ] as const) {
    await using place = await temporaryFolder();
    await mkdir(join(place.path, 'logs'));
    const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace, more: { node } });
    await writeFile(join(place.path, 'policy.yaml'), policy);
    await using agent = await startAgent({ config });
    await until(
      async () =>
        ((await agent.metrics()).get('auditseal_shipped_batches_total{source="kube-apiserver"}') ?? 0) > 0,
      () => agent.tail(),
    );
    expect(await agent.stop()).toBe(0);
  }
  await refresh(url, recordStream(namespace));
  const options = [
    '--apiserver',
    'test/kit/fixtures/drift/kind',
    '--url',
    url,
    '--namespace',
    namespace,
    '--json',
  ];
  const { out, code } = await captured(defineDoctor, options);
  expect(code).toBe(3);
  const { findings } = JSON.parse(out) as { findings: { id: string; state: string; found: string }[] };
  const found = new Map(findings.map((finding) => [finding.id, finding]));
  expect(found.get('agents-policy-test')).toMatchObject({ state: 'warning' });
  expect(found.get('agents-policy-test')?.found).toContain('on node-2/kube-apiserver');
  expect(found.get('agents-version-test')).toMatchObject({ state: 'ok', found: 'the same in 2 logs' });
  expect(found.get('elasticsearch-streams-audit-logs')?.state).toBe('ok');
  await removeNamespace(url, namespace);
});
