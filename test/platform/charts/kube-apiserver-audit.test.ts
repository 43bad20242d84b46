import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { temporaryFolder } from '../../kit/agent/index.ts';

const script = join(import.meta.dirname, '../../../manifests/kube-apiserver-audit.sh');
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

const podSchema = z.looseObject({
  spec: z.looseObject({
    containers: z.tuple([
      z.looseObject({
        command: z.array(z.string()),
        volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
      }),
    ]),
    volumes: z.array(z.looseObject({ name: z.string() })),
  }),
});

/** A mount and the volume behind it; `null` is an emptyDir. */
interface Part {
  name: string;
  mountPath: string;
  /** Default: as the mount. */
  hostPath?: string | null;
  readOnly?: boolean;
  subPath?: string;
}
/** As kubernetes.io/docs/tasks/debug/debug-cluster/audit shows it. */
const policyFlag = '--audit-policy-file=/etc/kubernetes/audit-policy.yaml';
const logFlag = '--audit-log-path=/var/log/kubernetes/audit/audit.log';
const policyPart: Part = { name: 'audit', mountPath: '/etc/kubernetes/audit-policy.yaml', readOnly: true };
const logPart: Part = { name: 'audit-log', mountPath: '/var/log/kubernetes/audit/', readOnly: false };
const certificates: Part = { name: 'ca-certs', mountPath: '/etc/ssl/certs', readOnly: true };

/** A node's /etc/kubernetes, elsewhere. */
const configuration = (hostPath: string): Part => ({ name: 'conf', mountPath: '/etc/kubernetes', hostPath });

function podOf(flags: readonly string[], parts: readonly Part[], more: object = {}): string {
  const all = [certificates, ...parts];
  const container = {
    name: 'kube-apiserver',
    image: 'registry.k8s.io/kube-apiserver:v1.35.4',
    command: ['kube-apiserver', '--advertise-address=10.0.0.1', ...flags],
    volumeMounts: all.map(({ name, mountPath, readOnly, subPath }) => ({
      name,
      mountPath,
      readOnly,
      subPath,
    })),
    ...more,
  };
  const volumes = all.map(({ name, mountPath, hostPath = mountPath }) =>
    hostPath === null ? { name, emptyDir: {} } : { name, hostPath: { path: hostPath } },
  );
  return stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'kube-apiserver', namespace: 'kube-system' },
    spec: { containers: [container], hostNetwork: true, volumes },
  });
}

/** Runs the script on a static pod; `after` is the pod that kubectl makes of it with the patch, or `undefined` where it was refused. */
async function patched(pod: string, ...options: string[]) {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'kube-apiserver.yaml');
  writeFileSync(file, pod);
  const made = spawnSync('sh', [script, ...options, file], { encoding: 'utf8' });
  if (made.status !== 0) return { code: made.status, patch: made.stdout, said: made.stderr };
  const kubectl = ['patch', '--local', '--type', 'json', '-f', file, '-p', made.stdout, '-o', 'json'];
  const { stdout } = spawnSync('kubectl', kubectl, { encoding: 'utf8' });
  const { spec } = podSchema.parse(JSON.parse(stdout));
  const [{ command, volumeMounts }] = spec.containers;
  const flags = command.filter((word) => word.startsWith('--audit'));
  return { code: 0, patch: made.stdout, said: made.stderr, flags, volumeMounts, volumes: spec.volumes };
}

describe.skipIf(!hasKubectl)('the patch for a static pod that audits already (needs kubectl)', () => {
  test('is empty for what Kubernetes’ own documentation shows, and says where the log is', async () => {
    const { patch, said } = await patched(podOf([policyFlag, logFlag], [policyPart, logPart]));
    expect(parse(patch)).toEqual([]);
    expect(said).toContain('the log on this node: /var/log/kubernetes/audit/audit.log\n');
    expect(said).toContain('not set: --audit-log-maxage --audit-log-maxbackup: ');
  });

  test('with --limit it has the bounds that are not set, and no other', async () => {
    const given = [policyFlag, logFlag, '--audit-log-maxbackup=0'];
    const { flags, volumes } = await patched(podOf(given, [policyPart, logPart]), '--limit');
    expect(flags?.map((flag) => flag.split('=')[0])).toEqual([
      '--audit-policy-file',
      '--audit-log-path',
      '--audit-log-maxbackup',
      '--audit-log-maxage',
      '--audit-log-maxsize',
    ]);
    expect(volumes?.map(({ name }) => name)).toEqual(['ca-certs', 'audit', 'audit-log']);
  });

  test('adds a log, its folder and its bounds to a cluster that only has a webhook', async () => {
    const webhook = '--audit-webhook-config-file=/etc/kubernetes/pki/webhook.yaml';
    const pod = podOf([policyFlag, webhook], [policyPart]);
    const { flags, volumeMounts, volumes, said } = await patched(pod);
    expect(flags?.slice(0, 3)).toEqual([
      policyFlag,
      webhook,
      '--audit-log-path=/var/log/kubernetes/audit.log',
    ]);
    expect(flags?.slice(3).map((flag) => flag.split('=')[0])).toEqual([
      '--audit-log-maxage',
      '--audit-log-maxbackup',
      '--audit-log-maxsize',
    ]);
    expect(volumeMounts?.at(-1)).toEqual({ name: 'audit-log', mountPath: '/var/log/kubernetes' });
    expect(volumes?.at(-1)).toEqual({
      name: 'audit-log',
      hostPath: { path: '/var/log/kubernetes', type: 'DirectoryOrCreate' },
    });
    expect(said).toContain('the log on this node: /var/log/kubernetes/audit.log\n');
  });

  test('mounts the folder of a log that is nowhere but in the container', async () => {
    const { flags, volumeMounts } = await patched(
      podOf([policyFlag, '--audit-log-path=/audit/a.log'], [policyPart]),
    );
    expect(flags).toEqual([policyFlag, '--audit-log-path=/audit/a.log']);
    expect(volumeMounts?.at(-1)).toEqual({ name: 'audit-log', mountPath: '/audit' });
  });

  test('takes the policy that is on the node for a log that had none', async () => {
    await using folder = await temporaryFolder();
    writeFileSync(join(folder.path, 'policy.yaml'), '');
    const { flags, volumes } = await patched(podOf([logFlag], [logPart, configuration(folder.path)]));
    expect(flags).toEqual([logFlag, '--audit-policy-file=/etc/kubernetes/policy.yaml']);
    expect(volumes?.map(({ name }) => name)).toEqual(['ca-certs', 'audit-log', 'conf']);
  });

  test('the log on the node is where the innermost volume is', async () => {
    const parts = [
      policyPart,
      { name: 'all', mountPath: '/var', hostPath: '/srv/var' },
      { name: 'logs', mountPath: '/var/log', hostPath: '/srv/log/' },
      { name: 'deepest', mountPath: '/var/log/kubernetes/audit/now', hostPath: '/data/now' },
      { name: 'deeper', mountPath: '/var/log/kubernetes/audit/', hostPath: '/data/audit' },
      { name: 'those', mountPath: '/var/log/kubernetes', hostPath: '/srv/kubernetes' },
      { name: 'beside', mountPath: '/var/log/kubernetes/audit/now/audit.log.d', hostPath: '/wrong' },
    ];
    const flag = '--audit-log-path=/var/log/kubernetes/audit/now/audit.log';
    const { said } = await patched(podOf([policyFlag, flag], parts));
    expect(said).toContain('the log on this node: /data/now/audit.log\n');
  });

  test('takes the apiserver’s other spelling of a flag for the same', async () => {
    const pod = podOf([policyFlag, logFlag, '--audit_log_path=/other.log'], [policyPart, logPart]);
    expect(await patched(pod)).toMatchObject({ code: 1, said: expect.stringContaining('twice') as string });
  });

  const both = [policyPart, logPart];
  const at = (path: string) => [policyFlag, `--audit-log-path=${path}`];
  test.each([
    ['no flag of an audit log', podOf([], both), 'has no --audit flag'],
    ['a flag twice', podOf([policyFlag, logFlag, logFlag], both), '--audit-log-path is there twice'],
    [
      'a value in a word of its own',
      podOf([policyFlag, '--audit-log-path', '/a'], both),
      'has no = behind it',
    ],
    ['standard output', podOf(at('-'), both), 'standard output'],
    ['a relative path', podOf(at('audit.log'), both), 'no absolute path'],
    ['a path with ..', podOf(at('/var/log/../../audit.log'), both), 'no absolute path'],
    ['a folder', podOf(at('/var/log/'), both), 'no absolute path'],
    ['the root of the node', podOf(at('/audit.log'), [policyPart]), 'no folder of its own'],
    ['the old text format', podOf([policyFlag, logFlag, '--audit-log-format=legacy'], both), 'reads json'],
    [
      'a mounted file',
      podOf(
        [policyFlag, logFlag],
        [policyPart, { ...logPart, mountPath: '/var/log/kubernetes/audit/audit.log' }],
      ),
      'is the log file',
    ],
    [
      'a read-only folder',
      podOf([policyFlag, logFlag], [policyPart, { ...logPart, readOnly: true }]),
      'is read-only',
    ],
    [
      'a part of a volume',
      podOf([policyFlag, logFlag], [policyPart, { ...logPart, subPath: 'audit' }]),
      'has a subPath',
    ],
    [
      'a volume that is not the node’s',
      podOf([policyFlag, logFlag], [policyPart, { ...logPart, hostPath: null }]),
      'is no hostPath',
    ],
    ['a policy that is not mounted', podOf([policyFlag, logFlag], [logPart]), 'is in no mount'],
    [
      'no policy on the node',
      podOf([logFlag], [logPart, configuration('/nowhere')]),
      'sudo cp manifests/audit-policy.yaml /nowhere/policy.yaml',
    ],
    ['a name that is taken', podOf([policyFlag], both), 'the name audit-log already'],
    ['flags in args', podOf([policyFlag], both, { args: [logFlag] }), 'has `args`'],
  ])('refuses %s with a sentence, and prints no patch', async (_what, pod, why) => {
    expect(await patched(pod)).toEqual({ code: 1, patch: '', said: expect.stringContaining(why) as string });
  });

  test('refuses what is no pod, in the words of kubectl', async () => {
    expect(await patched('kind: [')).toMatchObject({ code: 1, patch: '' });
  });
});
