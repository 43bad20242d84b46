import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defineDoctor } from '../../../../agent/cli/doctor/index.ts';
import { captured } from '../../../kit/captured-terminal.ts';
import { temporaryFolder } from '../../../kit/agent/index.ts';

const fixtures = 'test/kit/fixtures/drift';
const doctor = (...args: string[]) => captured(defineDoctor, args);

/** Copies of a node's files, with modes of their own. */
async function nodeOf(folder: string, distribution: string, manifestMode: number): Promise<string[]> {
  const [manifests, policy] = [join(folder, 'manifests'), join(folder, 'policy.yaml')];
  await mkdir(manifests);
  await copyFile(`${fixtures}/${distribution}/kube-apiserver.yaml`, join(manifests, 'kube-apiserver.yaml'));
  await chmod(join(manifests, 'kube-apiserver.yaml'), manifestMode);
  await copyFile(`${fixtures}/policy.yaml`, policy);
  await chmod(policy, 0o600);
  return ['--apiserver', manifests, '--audit-policy', policy];
}

// Owners are of the node's root.
test.runIf(process.getuid?.() === 0)('the whole of what it prints, of a kubeadm node', async () => {
  const [manifests, policy] = [`${fixtures}/kubeadm`, `${fixtures}/policy.yaml`];
  await chmod(join(manifests, 'kube-apiserver.yaml'), 0o644);
  await chmod(policy, 0o644);
  const { out, code, error } = await doctor('--apiserver', manifests, '--audit-policy', policy);
  expect([code, error]).toEqual([3, '']);
  const text = out
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, '2026-12-01T00:00:00.000Z')
    .replace(hostname(), 'cp-1');
  await expect(text).toMatchFileSnapshot(`../../../../${fixtures}/doctor.txt`);
});

test('what is as it should be ends with 0, as JSON too', async () => {
  await using folder = await temporaryFolder();
  const options = await nodeOf(folder.path, 'kind', 0o600);
  await copyFile('manifests/audit-policy.yaml', join(folder.path, 'policy.yaml'));
  const { out, code } = await doctor(...options, '--fail-on', 'problem', '--json');
  const report = JSON.parse(out) as { findings: { id: string; state: string }[]; auditPolicy: object };
  expect(code).toBe(0);
  expect(report.findings.filter(({ state }) => state === 'problem')).toEqual([]);
  expect(report.findings.find(({ id }) => id === 'flag-audit-log-maxage')?.state).toBe('ok');
  expect(report.auditPolicy).toMatchObject({ forgiven: [], blind: { elastic: { never: [], count: 51 } } });
});

test('what no policy of a node holds is not shown: tokens beside the arguments of k3s', async () => {
  const { out, code } = await doctor('--apiserver', `${fixtures}/k3s`);
  expect(code).toBe(3);
  expect(out).not.toContain('not-to-be-shown');
  expect(out).toContain('audit-log-path, audit-log-maxage twice or more');
});

test('it proposes the recommended policy', async () => {
  const { out, code } = await doctor('--propose');
  expect(code).toBe(0);
  expect(out).toBe(await readFile('manifests/audit-policy.yaml', 'utf8'));
});

test('where nothing can be looked at it ends with 2', async () => {
  const { code, error } = await doctor('--apiserver', '/nowhere/at/all');
  expect(code).toBe(2);
  expect(error).toContain('nothing could be looked at');
});

test('wrong options, and expectations that cannot be read, end with 78', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'expect.yaml');
  await writeFile(file, 'flag: {}');
  expect((await doctor('--apiserver', `${fixtures}/kind`, '--expect', file)).code).toBe(78);
  expect((await doctor('--apiserver', `${fixtures}/kind`, '--apiserver-url', 'nonsense')).code).toBe(78);
});
