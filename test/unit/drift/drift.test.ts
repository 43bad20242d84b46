import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Drift } from '../../../agent/drift/index.ts';
import type { DriftNotice, DriftState, Finding } from '../../../agent/drift/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
const { signal } = new AbortController();

/** The files of a node, and an agent's looks at them, by hand. */
async function sceneIn(folder: string) {
  const manifests = join(folder, 'manifests');
  await mkdir(manifests);
  await copyFile('test/kit/fixtures/drift/kind/kube-apiserver.yaml', join(manifests, 'kube-apiserver.yaml'));
  const policy = join(folder, 'policy.yaml');
  await writeFile(policy, `${head}rules: [{level: Metadata}]\n`);
  let time = Date.parse('2026-12-01T00:00:00Z');
  let reported: readonly Finding[] = [];
  let ofElasticsearch: Finding[] = [];
  const open = (state?: DriftState) => {
    const drift = new Drift({
      seconds: 60,
      looks: { apiserverPath: manifests, auditPolicyFile: policy, logPaths: [] },
      expectationsFile: undefined,
      stateDir: folder,
      sources: ['kube-apiserver'],
      now: () => new Date(time),
      elasticsearch: () => Promise.resolve(ofElasticsearch),
      onFindings: (findings) => (reported = findings),
      onNotice: () => undefined,
      onFailure: (error) => {
        throw error;
      },
    });
    return { drift, followed: drift.follow(state) };
  };
  return {
    manifest: join(manifests, 'kube-apiserver.yaml'),
    policy,
    open,
    pass: (minutes: number) => (time += minutes * 60_000),
    reported: () => reported,
    elasticsearch: (findings: Finding[]) => (ofElasticsearch = findings),
  };
}

const of = (notices: readonly DriftNotice[], check: string) => notices.filter((one) => one.check === check);

test('first what is not as it should be, and what later changes are measured against; then nothing', async () => {
  await using folder = await temporaryFolder();
  const { open } = await sceneIn(folder.path);
  const { drift, followed } = open();
  await drift.look(signal);
  const first = followed.notices();
  expect(of(first, 'audit-policy')).toHaveLength(1);
  expect(of(first, 'audit-flags')[0]?.found).toContain('audit-log-maxage=30');
  expect(
    first
      .filter(({ state }) => state === 'ok')
      .map(({ check }) => check)
      .toSorted(),
  ).toEqual(['audit-flags', 'audit-policy']);
  await drift.look(signal);
  expect(followed.notices()).toEqual([]);
});

test('a policy that takes something away is said in words, once, over a restart too', async () => {
  await using folder = await temporaryFolder();
  const { open, policy } = await sceneIn(folder.path);
  const one = open();
  await one.drift.look(signal);
  one.followed.notices();
  const state = one.followed.state();
  // While no agent runs.
  await writeFile(
    policy,
    `${head}rules: [{level: None, resources: [{group: '', resources: [secrets]}]}, {level: Metadata}]\n`,
  );
  const two = open(state);
  await two.drift.look(signal);
  const notices = two.followed.notices();
  expect(of(notices, 'audit-policy')).toMatchObject([
    { state: 'warning', changes: ['secrets are no longer logged (Metadata before)'] },
  ]);
  expect(of(notices, 'audit-policy-credentials')).toMatchObject([
    { state: 'warning', found: 'secrets at None' },
  ]);
  // The batch with it was not durable: it is said again.
  const again = open(state);
  await again.drift.look(signal);
  expect(of(again.followed.notices(), 'audit-policy')).toHaveLength(1);
  const after = open(two.followed.state());
  await after.drift.look(signal);
  expect(after.followed.notices()).toEqual([]);
});

test('what was found after the notices were taken is not stored as said', async () => {
  await using folder = await temporaryFolder();
  const { open, policy } = await sceneIn(folder.path);
  const { drift, followed } = open();
  await drift.look(signal);
  followed.notices();
  const before = followed.state();
  await writeFile(policy, `${head}rules: [{level: None}]\n`);
  await drift.look(signal);
  expect(followed.state()).toEqual(before);
  expect(followed.notices()).not.toEqual([]);
  expect(followed.state()).not.toEqual(before);
});

test('a manifest that is changed, is no manifest, and comes back', async () => {
  await using folder = await temporaryFolder();
  const { open, manifest, pass } = await sceneIn(folder.path);
  const { drift, followed } = open();
  await drift.look(signal);
  followed.notices();
  await copyFile('test/kit/fixtures/drift/kubeadm/kube-apiserver.yaml', manifest);
  await drift.look(signal);
  const changed = followed.notices();
  expect(of(changed, 'flag-audit-log-mode')).toMatchObject([{ state: 'problem', found: 'batch' }]);
  expect(of(changed, 'audit-flags')).toHaveLength(1);
  pass(60);
  await writeFile(manifest, '{');
  await drift.look(signal);
  expect(followed.notices().map(({ check, state }) => `${check} ${state}`)).toEqual(['definition unchecked']);
  pass(60);
  await copyFile('test/kit/fixtures/drift/kind/kube-apiserver.yaml', manifest);
  await drift.look(signal);
  expect(of(followed.notices(), 'flag-audit-log-mode')).toMatchObject([{ state: 'ok' }]);
});

test('who makes a finding come and go fills no log: one notice a minute, and the last word is said', async () => {
  await using folder = await temporaryFolder();
  const { open, policy, pass } = await sceneIn(folder.path);
  const { drift, followed } = open();
  await drift.look(signal);
  let count = followed.notices().length;
  for (let i = 0; i < 100; i += 1) {
    await writeFile(policy, `${head}rules: [{level: ${i % 2 === 0 ? 'None' : 'Metadata'}}]\n# ${i}\n`);
    pass(1);
    await drift.look(signal);
    count += followed.notices().length;
  }
  expect(count).toBeLessThan(60 + 101);
  // Texts that nobody needs any more are not kept without end.
  expect((await readdir(join(folder.path, 'audit-policies'))).length).toBeLessThanOrEqual(9);
  for (let i = 0; i < 5; i += 1) {
    pass(60);
    await drift.look(signal);
    followed.notices();
  }
  const { said } = followed.state();
  const { drift: later, followed: none } = open(followed.state());
  await later.look(signal);
  expect(none.notices()).toEqual([]);
  expect(said['audit-policy']).toMatch(/^ok /u);
});

test('the digest of the policy is said anew twice a day, so that each day has it', async () => {
  await using folder = await temporaryFolder();
  const { open, pass } = await sceneIn(folder.path);
  const { drift, followed } = open();
  await drift.look(signal);
  followed.notices();
  pass(12 * 60);
  await drift.look(signal);
  expect(followed.notices().map(({ check }) => check)).toEqual(['audit-policy']);
});

const ofKey = (state: Finding['state'], found: string): Finding => ({
  id: 'elasticsearch-key',
  name: 'key',
  state,
  found,
  expected: 'nothing else',
  why: 'ours',
  remedy: '',
});

test('an outage of Elasticsearch is no drift', async () => {
  await using folder = await temporaryFolder();
  const { open, pass, elasticsearch, reported } = await sceneIn(folder.path);
  const { drift, followed } = open();
  elasticsearch([ofKey('warning', 'also write')]);
  await drift.look(signal);
  pass(1);
  await drift.look(signal);
  expect(of(followed.notices(), 'elasticsearch-key')).toMatchObject([{ state: 'warning' }]);
  elasticsearch([ofKey('unchecked', 'no connection')]);
  pass(61);
  await drift.look(signal);
  expect(followed.notices()).toEqual([]);
  expect(reported().find(({ id }) => id === 'elasticsearch-key')?.found).toBe('also write');
});
