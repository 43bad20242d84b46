import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { verdictStream } from '../../../agent/ship/index.ts';
import { collect, countEvents, difference, keepEverything, manifestsOf, until } from '../../agent/index.ts';
import { auditseal } from '../../verify/installation.ts';
import { auditFiles, auditLines } from '../audit-files.ts';
import { BusyPeople } from '../busy.ts';
import { allDocuments, refresh } from '../../elasticsearch/index.ts';
import type { Secured } from '../../setup/secured.ts';
import type { Cluster } from '../cluster.ts';
import { namespace, release } from '../helm.ts';
import { elasticsearchUrl } from '../host.ts';
import { builtImages, versions, type Images } from '../images.ts';
import type { Kubectl } from '../kubectl.ts';
import type { People } from '../people.ts';
import { makeKeys, securedUrl, startSecured } from '../keys.ts';
import { commandsOf, notesFolder, notesShell, type Shell } from '../notes.ts';
import { isReady, podsOf, type Pod } from '../pods.ts';
import { RealNode } from '../real-node.ts';
import { values } from './scheduling.ts';

const nodeName = 'control-plane-1';
const stream = 'node';
const instance = `app.kubernetes.io/instance=${release},app.kubernetes.io/name=auditseal`;

/** A real kubelet runs the pod from the real image; it is upgraded, and killed, while people work. Nothing is lost or twice. */
export async function runOnRealNode(cluster: Cluster, people: People): Promise<void> {
  const { report, settings, plane } = cluster;
  await report.stage('The pod itself, by a real kubelet, upgraded in the middle of traffic', async () => {
    const images = await builtImages(settings);
    const node = new RealNode(nodeName, plane, settings);
    await prepare(cluster, node, images);
    const secured = await startSecured();
    await install(cluster);
    await checkContainer(cluster);
    const shell = await notesShell(settings, plane.admin.kubeconfig);
    await checkNotes(cluster, shell, 5);
    await upgradeInTraffic(cluster, people, node, images);
    await checkSetupJob(cluster, secured);
    await helmTest(cluster);
    await checkNotes(cluster, shell, 6);
    await checkVerdict(cluster);
    await compare(cluster);
  });
}

async function prepare({ report, plane }: Cluster, node: RealNode, images: Images): Promise<void> {
  // A new node: nothing is known of what another agent has read.
  await rm('/var/lib/auditseal', { recursive: true });
  await plane.admin.demand('delete', 'nodes', '--all');
  await report.claim('a kubelet registers itself, with containerd, runc and a bridge for pods', async () => {
    await node.start();
    await node.importImage(images.first);
    const info = [
      'get',
      'node',
      nodeName,
      '-o',
      'jsonpath={.status.nodeInfo.kubeletVersion} {.status.nodeInfo.containerRuntimeVersion}',
    ];
    return await plane.admin.demand(...info);
  });
}

async function install({ report, plane, helm, settings }: Cluster): Promise<void> {
  const policy = join(settings.work, 'keep-everything.yaml');
  await writeFile(policy, keepEverything);
  await report.claim('auditseal setup makes the keys, as docs/install.md has it', () =>
    makeKeys(settings.work, stream, plane.admin),
  );
  await report.claim(
    "helm install --wait, with the chart's own image and defaults: the pod runs and is ready",
    async () => {
      const began = performance.now();
      const more = [
        `elasticsearch.url=${securedUrl}`,
        `elasticsearch.namespace=${stream}`,
        'test.existingSecret=auditseal-read',
      ];
      const wait = ['--wait', '--timeout', '4m'];
      await helm.apply('install', [...values, ...more], '--set-file', `policy=${policy}`, ...wait);
      await plane.admin.demand('rollout', 'status', `daemonset/${release}`, '-n', namespace, '--timeout=4m');
      const pod = await onlyPod(plane.admin);
      assert.ok(isReady(pod));
      assert.equal(pod.spec.nodeName, nodeName);
      return `${pod.spec.containers[0].image} on ${nodeName} after ${seconds(began)} s`;
    },
  );
}

async function onlyPod(kubectl: Kubectl): Promise<Pod> {
  const [pod, ...others] = await podsOf(kubectl, namespace, instance);
  assert.ok(pod && others.length === 0, `${others.length + (pod ? 1 : 0)} pods`);
  return pod;
}

async function checkContainer({ report, plane }: Cluster): Promise<void> {
  await report.claim(
    'in its process: uid 0, no capability, seccomp, the memory limit; no token, no shell, a read-only root',
    () => {
      const pid = agentPid();
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const wanted of [
        /^Uid:\t0\t/mu,
        /^CapEff:\t0+$/mu,
        /^CapBnd:\t0+$/mu,
        /^NoNewPrivs:\t1$/mu,
        /^Seccomp:\t2$/mu,
      ])
        assert.match(status, wanted);
      const root = `/proc/${pid}/root`;
      assert.match(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'), /^\S+ \S+ \S+ \S+ \/ ro\b/mu);
      assert.ok(!readdirSync(root).includes('run') || !readdirSync(join(root, 'run')).includes('secrets'));
      assert.ok(!readdirSync(join(root, 'usr/bin')).some((name) => /^(?:ba|da)?sh$/u.test(name)));
      const limit = memoryLimit(pid);
      assert.equal(limit, 328 * 1024 * 1024);
      return `Seccomp 2, memory limit ${limit / 1024 / 1024} MiB`;
    },
  );
  await report.claim('its metrics answer on the pod network', async () => {
    const { status } = await onlyPod(plane.admin);
    const text = await (await fetch(`http://${status.podIP}:9616/metrics`)).text();
    const info = /^auditseal_build_info\{.*$/mu.exec(text)?.[0];
    assert.match(info ?? '', new RegExp(`version="${versions.first}"`, 'u'));
    return `${status.podIP}: ${info}`;
  });
}

/** The agent's process, seen from the node. */
function agentPid(): number {
  const found = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/u.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('/opt/auditseal/auditseal.js\0run\0');
    } catch {
      return false;
    }
  });
  assert.equal(found.length, 1, `processes of agents: ${found.join(', ')}`);
  return Number(found[0]);
}

function memoryLimit(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  const old = lines.find((line) => line.split(':')[1] === 'memory');
  if (old)
    return Number(readFileSync(`/sys/fs/cgroup/memory${old.split(':')[2]}/memory.limit_in_bytes`, 'utf8'));
  return Number(readFileSync(`/sys/fs/cgroup${lines[0]!.split(':')[2]}/memory.max`, 'utf8'));
}

/** Every command that NOTES.txt prints, as it prints it. */
async function checkNotes({ report, helm }: Cluster, shell: Shell, count: number): Promise<void> {
  const commands = commandsOf(await helm.demand('get', 'notes', release));
  for (const command of commands)
    await report.claim(`NOTES.txt: ${command.replaceAll(/\s+/gu, ' ')}`, async () => {
      const said = (await shell(command)).trim().split('\n');
      if (command.includes(' status --config')) assert.match(said.join('\n'), /control-plane-1/u);
      return said.at(-1)!.slice(0, 120);
    });
  await report.claim('these were all that it has', () => assert.equal(commands.length, count));
}

const trustFile = (work: string) => join(notesFolder(work), 'trust.json');

async function upgradeInTraffic(
  cluster: Cluster,
  people: People,
  node: RealNode,
  images: Images,
): Promise<void> {
  const { report, plane, helm, settings } = cluster;
  const busy = new BusyPeople(people);
  const rotations = () => auditFiles(plane.auditLog).length - 1;
  const more = async (count: number) => {
    const wanted = rotations() + count;
    const rotated = () => {
      busy.demandWorking();
      return rotations() >= wanted;
    };
    await until(rotated, () => `${rotations()} of ${wanted} rotations`, { millisecondsMax: 180_000 });
  };
  await more(3);
  await node.importImage(images.second);
  const trust = ['create', 'configmap', 'auditseal-trust', `--from-file=${trustFile(settings.work)}`];
  await plane.admin.demand(...trust, '-n', namespace);
  // As on a cluster of one node: the hook's and the test's pods tolerate no taint.
  await plane.admin.demand('taint', 'nodes', nodeName, 'node-role.kubernetes.io/control-plane-');
  await report.claim('helm upgrade to the next image, while people work: the pod is replaced', async () => {
    const began = performance.now();
    const [before, rotated] = [await onlyPod(plane.admin), rotations()];
    const wait = ['--wait', '--timeout', '4m'];
    await helm.apply(
      'upgrade',
      [`image.tag=${versions.second}`, ...switchedOn],
      '--reset-then-reuse-values',
      ...wait,
    );
    await plane.admin.demand('rollout', 'status', `daemonset/${release}`, '-n', namespace, '--timeout=4m');
    const after = await onlyPod(plane.admin);
    assert.ok(isReady(after));
    assert.notEqual(after.metadata.uid, before.metadata.uid);
    assert.match(after.spec.containers[0].image, new RegExp(`:${versions.second}$`, 'u'));
    return `${after.spec.containers[0].image} ready after ${seconds(began)} s, ${rotations() - rotated} rotations meanwhile`;
  });
  await more(2);
  await report.claim('SIGKILL of the agent in its container: the kubelet starts it again', async () => {
    process.kill(agentPid(), 'SIGKILL');
    await until(
      () => isReadyAgain(plane.admin),
      () => 'it is not ready again',
      { millisecondsMax: 120_000, everyMilliseconds: 500 },
    );
  });
  await more(2);
  await busy.stop();
  report.note(`${busy.commands} commands of kubectl meanwhile, ${rotations()} rotations in all`);
}

/** What the first release did not have. */
const switchedOn = [
  'setup.enabled=true',
  'setup.existingSecret=auditseal-administrator',
  'verify.enabled=true',
  'verify.existingSecret=auditseal-read',
  'verify.trustConfigMap=auditseal-trust',
];

async function checkSetupJob({ report, plane }: Cluster, secured: Secured): Promise<void> {
  await report.claim(
    "the hook's job ran auditseal setup with the administrator's key, and the agents install nothing",
    async () => {
      const byKey = secured.requests.filter(({ headers }) => headers.authorization?.startsWith('ApiKey '));
      const templates = byKey.filter(
        ({ method, path }) => method === 'PUT' && path.startsWith('/_index_template/'),
      );
      assert.ok(templates.length > 0);
      const config = await plane.admin.demand('get', 'configmap', release, '-n', namespace, '-o', 'yaml');
      assert.match(config, /installTemplates: false/u);
      return templates.map(({ path }) => path).join(', ');
    },
  );
}

async function isReadyAgain(kubectl: Kubectl): Promise<boolean> {
  const pod = await onlyPod(kubectl);
  return isReady(pod) && pod.status.containerStatuses?.[0]?.restartCount === 1;
}

async function helmTest({ report, helm }: Cluster): Promise<void> {
  await report.claim("helm test: the chart's own test pod verifies the last hour", async () => {
    const said = await helm.demand('test', release, '--logs', '--timeout', '3m');
    assert.match(said, /Phase:\s+Succeeded/u);
    return /^verdict: .*$/mu.exec(said)?.[0] ?? said;
  });
}

async function checkVerdict({ report, plane }: Cluster): Promise<void> {
  await report.claim(
    'the job that a CronJob made ended well, with the trust file, and wrote its verdict',
    async () => {
      const done = ['wait', '--for=condition=complete', 'job/verify-now', '-n', namespace, '--timeout=60s'];
      await plane.admin.demand(...done);
      await refresh(elasticsearchUrl, verdictStream(stream));
      const verdicts: string[] = [];
      for await (const { source } of allDocuments(elasticsearchUrl, verdictStream(stream)))
        verdicts.push(source.toString());
      assert.equal(verdicts.length, 1);
      assert.match(verdicts[0]!, /"verdict":"verified"/u);
      return verdicts[0]!.slice(0, 200);
    },
  );
}

/** With the apiserver stopped, no line comes any more: the log's files against what Elasticsearch has. */
async function compare({ report, plane, settings }: Cluster): Promise<void> {
  await plane.stop();
  const lines = auditLines(plane.auditLog);
  await report.claim(
    'every line of the audit log on the disk is in Elasticsearch, byte for byte, and exactly once',
    async () => {
      await until(
        async () => (await countEvents(elasticsearchUrl, stream)) >= lines.length,
        () => `Elasticsearch has not all ${lines.length} events`,
        { everyMilliseconds: 500 },
      );
      const written = new Map<string, number>();
      for (const line of lines) written.set(line, (written.get(line) ?? 0) + 1);
      assert.deepEqual(difference(written, await collect(elasticsearchUrl, stream)), []);
      return `${lines.length} lines of ${auditFiles(plane.auditLog).length} files`;
    },
  );
  await report.claim(
    'one unbroken log over the upgrade and the kill: no gap, no batch left out, one key',
    async () => {
      const manifests = await manifestsOf(elasticsearchUrl, stream);
      assert.equal(new Set(manifests.map(({ origin }) => origin)).size, 1);
      assert.deepEqual(
        manifests.map(({ batch }) => batch),
        manifests.map((_, i) => i),
      );
      assert.equal(manifests.flatMap(({ gaps }) => gaps).length, 0);
      const runs = Object.entries(Object.groupBy(manifests, ({ agent }) => agent.version));
      assert.deepEqual(
        runs.map(([version]) => version),
        Object.values(versions),
      );
      return `${manifests[0]!.origin}: ${runs.map(([version, all]) => `${all!.length} batches by ${version}`).join(', ')}`;
    },
  );
  await report.claim('auditseal verify with the trust file: verified', async () => {
    const parameters = [
      '--url',
      elasticsearchUrl,
      '--namespace',
      stream,
      '--trust',
      trustFile(settings.work),
      '--json',
    ];
    const { code, stdout, stderr } = await auditseal(['verify', ...parameters]);
    assert.equal(code, 0, [...stdout, stderr].join('\n'));
    const summary = z.looseObject({ verdict: z.string(), events: z.int(), trusted: z.literal(true) });
    const { verdict, events } = summary.parse(JSON.parse(stdout.at(-1)!));
    return `${verdict}, ${events} events`;
  });
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0);
}
