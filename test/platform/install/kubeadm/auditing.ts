import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { until } from '../../../kit/agent/index.ts';
import { readGuide } from '../guide.ts';
import type { Machine } from '../machine.ts';
import type { Person } from '../person.ts';

export const apiserverManifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const copy = '/etc/kubernetes/kube-apiserver.yaml.before';
const policyFile = '/etc/kubernetes/audit-policy.yaml';
const logFolder = '/var/log/kubernetes/audit/';
/** As Kubernetes' documentation has it: kubernetes.io/docs/tasks/debug/debug-cluster/audit. */
export const auditLog = `${logFolder}audit.log`;

/** The flags, volumes and mounts of that documentation, under its names. */
const documented = [
  { path: '/spec/containers/0/command/-', value: `--audit-policy-file=${policyFile}` },
  { path: '/spec/containers/0/command/-', value: `--audit-log-path=${auditLog}` },
  {
    path: '/spec/containers/0/volumeMounts/-',
    value: { mountPath: policyFile, name: 'audit', readOnly: true },
  },
  {
    path: '/spec/containers/0/volumeMounts/-',
    value: { mountPath: logFolder, name: 'audit-log', readOnly: false },
  },
  { path: '/spec/volumes/-', value: { name: 'audit', hostPath: { path: policyFile, type: 'File' } } },
  {
    path: '/spec/volumes/-',
    value: { name: 'audit-log', hostPath: { path: logFolder, type: 'DirectoryOrCreate' } },
  },
].map((one) => ({ op: 'add', ...one }));

const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'RequestResponse', resources: [{ group: '', resources: ['pods'] }] },
    { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'configmaps'] }] },
    { level: 'Metadata' },
  ],
};

/** Makes a cluster without an audit log one that audits as Kubernetes' documentation shows. */
export async function startAuditing({ report, person }: Machine): Promise<void> {
  await report.claim('it audits, as the documentation of Kubernetes shows', async () => {
    await writeFile(policyFile, stringify(policy));
    await writeFile(join(person.home, 'documented.json'), JSON.stringify(documented));
    const before = await podHash(person);
    await person.demand(
      `kubectl patch --local --type json -f ${apiserverManifest} --patch-file ~/documented.json -o yaml > ~/audits.yaml`,
    );
    await person.demand(`mv ~/audits.yaml ${apiserverManifest}`);
    await changed(person, before);
    return await person.demand(`grep -e --audit ${apiserverManifest}`);
  });
}

const manifest = () => readFile(apiserverManifest, 'utf8');

/** What the guide says of such a cluster, beside its commands; afterwards the static pod is as it was. */
export async function proveAuditing(machine: Machine, hashBefore: string): Promise<void> {
  const { report, person } = machine;
  const wanted = await manifest();

  await report.claim('nothing was missing, and the apiserver was not started anew', async () => {
    assert.equal(await podHash(person), hashBefore);
  });

  await report.claim(
    'the commands for a cluster without an audit log are refused here, by the flags',
    async () => {
      const ran = await runAll(machine, commandsOf('kubeadm, no audit log yet'));
      assert.notEqual(ran.code, 0);
      assert.match(ran.stdout, /^--audit-log-path\n--audit-policy-file$/mu);
      assert.equal(await manifest(), wanted);
      return ran.stdout.trim().replaceAll('\n', ' ');
    },
  );

  await report.claim('so is a pod with two volumes of one name, by the API', async () => {
    await person.demand("sed -i '/- --audit-/d' kube-apiserver.yaml");
    const ran = await person.run(commandsOf('kubeadm, no audit log yet').at(-1)!);
    assert.notEqual(ran.code, 0);
    assert.match(ran.stderr, /Duplicate value: "audit-log"/u);
    assert.equal(await manifest(), wanted);
    return ran.stderr.trim().slice(0, 200);
  });

  await report.claim(
    '`--limit` adds the bounds; the old static pod is beside, the new one runs',
    async () => {
      const before = await podHash(person);
      const commands = commandsOf('kubeadm, an audit log already');
      const ran = await runAll(machine, [
        commands[0]!.replace('audit.sh', 'audit.sh --limit'),
        ...commands.slice(1),
      ]);
      assert.equal(ran.code, 0, ran.stderr);
      assert.equal(await readFile(copy, 'utf8'), wanted);
      await changed(person, before);
      const flags = (await manifest()).match(/--audit[-_a-z]+/gu)!.toSorted();
      const bounds = ['maxage', 'maxbackup', 'maxsize'].map((name) => `--audit-log-${name}`);
      assert.deepEqual(flags, [...bounds, '--audit-log-path', '--audit-policy-file']);
      return flags.join(' ');
    },
  );

  await report.claim('the way back is one command', async () => {
    const before = await podHash(person);
    const [back] = commandsOf('kubeadm, back to before');
    await person.demand(back!);
    assert.equal(await manifest(), wanted);
    await changed(person, before);
    assert.equal(await podHash(person), hashBefore);
    return back!.replaceAll(/\s+/gu, ' ');
  });
}

/** What the kubelet makes of the static pod's file: it starts the pod anew when this changes. */
export async function podHash(person: Person): Promise<string> {
  const path = String.raw`{.metadata.annotations.kubernetes\.io/config\.hash}`;
  return await person.demand(`kubectl -n kube-system get pod kube-apiserver-cp-1 -o jsonpath='${path}'`);
}

/** Waits for another apiserver to serve. */
async function changed(person: Person, before: string): Promise<void> {
  let said = '';
  const serves = async () => {
    said = await podHash(person).catch(String);
    return /^[0-9a-f]+$/u.test(said) && said !== before && (await isReady(person));
  };
  await until(serves, () => `the apiserver does not come back: ${said}`, {
    millisecondsMax: 300_000,
    everyMilliseconds: 1000,
  });
}

async function isReady(person: Person): Promise<boolean> {
  const path = `{.status.conditions[?(@.type=="Ready")].status}`;
  const get = `kubectl -n kube-system get pod kube-apiserver-cp-1 -o jsonpath='${path}'`;
  return (await person.run(get)).stdout === 'True';
}

/** The guide's own, without the look at the log. */
function commandsOf(part: string): string[] {
  const commands = readGuide().commands.filter((one) => one.part === part && one.step === 2);
  return commands.map(({ text }) => text).filter((text) => !text.includes('tail '));
}

/** One after the other; what the first that fails said, or the last. */
async function runAll({ person }: Machine, commands: readonly string[]) {
  let ran = { code: 0, stdout: '', stderr: '' };
  for (const command of commands) {
    ran = await person.run(command);
    if (ran.code !== 0) return ran;
  }
  return ran;
}
