import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { eventStream } from '../../../agent/ship/index.ts';
import { collect, countEvents, manifestsOf, until, verify, type Multiset } from '../../agent/index.ts';
import { countRequests } from '../../demo/search.ts';
import { auditFiles, auditLines } from '../audit-files.ts';
import type { Cluster } from '../cluster.ts';
import { startContainer } from '../container.ts';
import { namespace } from '../helm.ts';
import { elasticsearchUrl } from '../host.ts';
import { secretText, type People } from '../people.ts';
import { podsOf, type Pod } from '../pods.ts';
import { run } from '../processes.ts';
import { doThings, type Tally } from '../traffic.ts';

const agent = 'agent-as-the-pod';
/** The default of the chart. */
const stream = 'auditseal';

/** The agent as the pod on control-plane-1 would run it, on this apiserver's log, while people work. */
export async function runAsThePod(cluster: Cluster, people: People): Promise<void> {
  const { report, plane, settings } = cluster;
  const { admin, processes } = plane;
  await report.stage('The agent as that pod, on this log, with real traffic', async () => {
    const pods = await podsOf(admin, namespace);
    const pod = pods.find(({ spec }) => spec.nodeName === 'control-plane-1')!;
    const child = await startContainer(agent, pod, { settings, kubectl: admin, processes });
    await checkProcess(cluster, pod, child.pid!);
    const tally = await doThings(people);
    await countedInElasticsearch(cluster, tally);
    await checkWho(cluster, tally);
    await report.claim('SIGTERM ends it within its grace period, with everything delivered', async () => {
      const began = performance.now();
      assert.equal(await processes.stop(agent), 0, processes.tail(agent));
      return `exit 0 after ${((performance.now() - began) / 1000).toFixed(1)} s`;
    });
    await checkLog(cluster);
  });
}

async function checkProcess({ report, plane }: Cluster, pod: Pod, pid: number): Promise<void> {
  const [container] = pod.spec.containers;
  await report.claim(
    'command line, configuration, environment and mounts out of that pod: its probes pass',
    async () => {
      const probes = z.object({ httpGet: z.object({ path: z.string() }) });
      const paths = ['startupProbe', 'readinessProbe', 'livenessProbe'].map(
        (name) => probes.parse(container[name]).httpGet.path,
      );
      for (const path of new Set(paths))
        await until(
          async () => {
            plane.processes.demandAlive(agent);
            const answer = await fetch(`http://127.0.0.1:9616${path}`).catch(() => undefined);
            return answer?.status === 200;
          },
          () => `${path} is not 200:\n${plane.processes.tail(agent)}`,
        );
      return `${[...new Set(paths)].join(', ')}; ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()}`;
    },
  );
  await report.claim(
    'it runs as uid 0 without a capability, and can write nothing but its state',
    async () => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const line of ['CapEff', 'CapPrm', 'CapBnd'])
        assert.match(status, new RegExp(`^${line}:\t0+$`, 'mu'));
      assert.match(status, /^NoNewPrivs:\t1$/mu);
      assert.match(status, /^Uid:\t0\t/mu);
      const touch = async (path: string) =>
        (await run(['nsenter', `--target=${pid}`, '--mount', '--root', 'touch', path])).code === 0;
      const can: string[] = [];
      for (const path of [
        '/',
        '/etc/auditseal',
        '/var/log/kubernetes',
        '/opt/auditseal',
        '/tmp',
        '/var/lib/auditseal',
      ])
        if (await touch(join(path, 'written'))) can.push(path);
      assert.deepEqual(can, ['/var/lib/auditseal']);
      return 'CapBnd 0, NoNewPrivs 1';
    },
  );
}

/** Waits until everything of the tally has arrived. */
async function countedInElasticsearch({ plane }: Cluster, tally: Tally): Promise<void> {
  const wanted = [...tally.values()].flat().length;
  let found = 0;
  await until(
    async () => {
      found = 0;
      // While the stream is being made, no search is answered.
      if ((await countEvents(elasticsearchUrl, stream)) < wanted) return false;
      for (const user of tally.keys()) found += (await requestsOf(user)).length;
      return found >= wanted;
    },
    () => `${found} of ${wanted} requests are in Elasticsearch:\n${plane.processes.tail(agent)}`,
    { everyMilliseconds: 500 },
  );
}

const methods = new Map([
  ...['get', 'list', 'watch'].map((verb) => [verb, 'GET'] as const),
  ['create', 'POST'],
  ['update', 'PUT'],
  ['patch', 'PATCH'],
  ...['delete', 'deletecollection'].map((verb) => [verb, 'DELETE'] as const),
]);

/** What a user sent, by Elasticsearch's account, in the tally's form. */
async function requestsOf(user: string): Promise<string[]> {
  const query =
    user === ''
      ? 'NOT _exists_:user.name AND http.response.status_code:401'
      : `user.name:${JSON.stringify(user)}`;
  const by = {
    verb: 'kubernetes.audit.verb',
    url: 'kubernetes.audit.requestURI',
    code: 'http.response.status_code',
  };
  const place = { url: elasticsearchUrl, stream: eventStream(stream) };
  const buckets = await countRequests(place, query, by, AbortSignal.timeout(60_000));
  return buckets.flatMap(({ key: { verb, url, code }, requests }) =>
    Array.from({ length: requests }, () => `${methods.get(String(verb)) ?? verb} ${url} ${code}`),
  );
}

async function checkWho({ report }: Cluster, tally: Tally): Promise<void> {
  for (const [user, sent] of tally)
    await report.claim(
      user === ''
        ? 'refused logins (a certificate of another authority, a wrong token) are found, without a user'
        : `what ${user} did is found under that name, request by request, as kubectl says that it sent it`,
      async () => {
        assert.deepEqual((await requestsOf(user)).toSorted(), sent.toSorted());
        const codes = Object.entries(Object.groupBy(sent, (one) => one.split(' ').at(-1)!));
        return `${sent.length} requests: ${codes.map(([code, all]) => `${all!.length} × ${code}`).join(', ')}`;
      },
    );
}

async function checkLog({ report, plane }: Cluster): Promise<void> {
  const lines = auditLines(plane.auditLog);
  await report.claim(
    'what is in secrets and configmaps is nowhere in the audit log, whoever wrote or read it',
    () => {
      assert.ok(lines.some((line) => line.includes('"resource":"secrets","namespace":"payments"')));
      const encoded = Buffer.from(secretText).toString('base64');
      assert.equal(lines.filter((line) => line.includes(secretText) || line.includes(encoded)).length, 0);
      return `${lines.length} lines`;
    },
  );
  await report.claim(
    'every line that was read is kept or dropped by a rule that the signed manifests count',
    async () => {
      const manifests = await manifestsOf(elasticsearchUrl, stream);
      const sum = (of: (manifest: (typeof manifests)[number]) => number) =>
        manifests.reduce((total, manifest) => total + of(manifest), 0);
      const read = sum(({ read: count }) => count);
      const dropped = new Map<string, number>();
      for (const manifest of manifests)
        for (const [rule, count] of Object.entries(manifest.dropped))
          dropped.set(rule, (dropped.get(rule) ?? 0) + count);
      const kept = await collect(elasticsearchUrl, stream);
      const documents = sumOf(kept);
      assert.equal(
        sum(({ gaps }) => gaps.length),
        0,
      );
      assert.equal(documents + sumOf(dropped), read + sum(({ pieces }) => pieces));
      isPartOf(kept, lines.slice(0, read));
      return `${read} lines of ${auditFiles(plane.auditLog).length} files: ${documents} kept, ${[...dropped].map(([rule, count]) => `${count} dropped by ${rule}`).join(', ')}`;
    },
  );
  await report.claim('auditseal verify: verified', async () => {
    const { exitCode, lines: said, errorText } = await verify(elasticsearchUrl, stream);
    assert.equal(exitCode, 0, [...said, errorText].join('\n'));
    return said.at(-1)!;
  });
}

function sumOf(counts: Map<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** Each line was written, as often at least. */
function isPartOf(kept: Multiset, lines: readonly string[]): void {
  const written = new Map<string, number>();
  for (const line of lines) written.set(line, (written.get(line) ?? 0) + 1);
  for (const [line, count] of kept)
    assert.ok(
      (written.get(line) ?? 0) >= count,
      `not in the first ${lines.length} lines of the log: ${line}`,
    );
}
