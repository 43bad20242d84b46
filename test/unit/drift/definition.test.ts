import { writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DriftError } from '../../../agent/drift/index.ts';
import { readDefinition } from '../../../agent/drift/definition.ts';
import { parseFlags } from '../../../agent/drift/flags.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

const fixtures = 'test/kit/fixtures/drift';

async function refusal(path: string): Promise<string> {
  return await readDefinition(path).then(
    () => 'read',
    (error: unknown) => (error instanceof DriftError ? error.message : String(error)),
  );
}

test('a static pod: flags of its command, version of its image, and where its mounts lie on the node', async () => {
  const { kind, flags, version, isWhole, onNode, path } = await readDefinition(`${fixtures}/kubeadm`);
  expect([kind, version, isWhole, path]).toEqual([
    'static pod',
    '1.35',
    true,
    `${fixtures}/kubeadm/kube-apiserver.yaml`,
  ]);
  expect(flags.values.get('audit-log-maxage')).toBe('5');
  expect(onNode('/var/log/kubernetes/audit.log')).toBe('/srv/kubernetes-logs/audit.log');
  expect(onNode('/etc/kubernetes/policy.yaml')).toBe('/etc/kubernetes/policy.yaml');
  expect(onNode('/var/log/kubernetes-other/audit.log')).toBeUndefined();
});

test('RKE2 has its arguments in args, and a version with more behind it', async () => {
  const { flags, version } = await readDefinition(`${fixtures}/rke2`);
  expect([flags.values.get('audit-log-maxsize'), version]).toEqual(['100', '1.34']);
});

test('k3s: files in order, + adds, and the last of a flag counts; nothing says that all flags are there', async () => {
  const { kind, flags, isWhole } = await readDefinition(`${fixtures}/k3s`);
  expect(kind).toBe('k3s or RKE2 configuration');
  expect(isWhole).toBe(false);
  expect(Object.fromEntries(flags.values)).toEqual({
    'audit-log-path': '/var/lib/rancher/k3s/server/logs/audit.log',
    'audit-log-maxage': '30',
    'audit-policy-file': '/var/lib/rancher/k3s/server/audit.yaml',
    'audit-log-maxbackup': '10',
  });
  expect(flags.repeated).toEqual(['audit-log-path', 'audit-log-maxage']);
});

test('k3s: a later list without + takes the earlier one away; the drop-ins alone can be read', async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'config.yaml.d'));
  const one = 'kube-apiserver-arg: [audit-log-maxage=1, audit-log-mode=batch]\n';
  await writeFile(join(folder.path, 'config.yaml.d', 'a.yaml'), one);
  await writeFile(join(folder.path, 'config.yaml.d', 'b.yaml'), 'kube-apiserver-arg: audit-log-maxage=2\n');
  const { flags } = await readDefinition(join(folder.path, 'config.yaml.d'));
  expect(Object.fromEntries(flags.values)).toEqual({ 'audit-log-maxage': '2' });
});

test('microk8s: a file of arguments', async () => {
  const { kind, flags } = await readDefinition(`${fixtures}/microk8s-kube-apiserver`);
  expect(kind).toBe('file of arguments');
  expect(flags.values.get('audit-log-path')).toBe('/var/log/apiserver/audit.log');
  expect(flags.values.get('audit-log-maxage')).toBe('30');
});

test('flags as pflag reads them', () => {
  const { values, repeated } = parseFlags([
    'kube-apiserver',
    '--audit-log-compress',
    '--audit-log-maxage',
    '7',
    '--audit_log_path=/a=b',
    '--profiling=false',
    '--audit-log-maxage=8',
    '-v=2',
    '--audit-log-mode',
  ]);
  expect(Object.fromEntries(values)).toEqual({
    'audit-log-compress': 'true',
    'audit-log-maxage': '8',
    'audit-log-path': '/a=b',
    profiling: 'false',
    'audit-log-mode': 'true',
  });
  expect(repeated).toEqual(['audit-log-maxage']);
});

test('what cannot be read is said without its content, and costs a bounded amount', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'kube-apiserver.yaml');
  expect(await refusal(join(folder.path, 'nowhere'))).toContain('cannot be read (ENOENT)');
  expect(await refusal(folder.path)).toContain('has no kube-apiserver.yaml');
  await writeFile(file, 'secret: {');
  expect(await refusal(file)).toMatch(/is not YAML/u);
  expect(await refusal(file)).not.toContain('secret');
  await writeFile(file, 'x'.repeat(300 * 1024));
  expect(await refusal(file)).toContain('has more than 256 KiB');
  await writeFile(file, '[]');
  expect(await refusal(file)).toBe('read');
});
