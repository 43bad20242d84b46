import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { until } from '../../../kit/agent/index.ts';
import { chart, least, objectsOf, template } from '../../charts/helm.ts';
import type { KubernetesObject } from '../../charts/helm.ts';
import type { Cluster } from '../cluster.ts';
import { namespace } from '../helm.ts';
import { demand, run } from '../processes.ts';
import { schemaLocation, writeSchemas } from '../schemas.ts';

/** Kinds that have no definition here: OpenShift's come in no Go module that can be had. */
const undefinedKinds = ['SecurityContextConstraints'];
const enforce = 'pod-security.kubernetes.io/enforce';
const crds = ['podmonitors', 'servicemonitors', 'prometheusrules'];
const everything =
  'metrics.podMonitor.enabled=true,metrics.serviceMonitor.enabled=true,metrics.prometheusRule.enabled=true,' +
  'test.existingSecret=read,setup.enabled=true,setup.existingSecret=administrator,elasticsearch.caSecret=ca,' +
  'verify.enabled=true,verify.existingSecret=verify,verify.trustConfigMap=trust';
const network =
  'hostNetwork=true,dnsConfig.nameservers[0]=10.0.0.10,hostAliases[0].ip=10.0.0.7,hostAliases[0].hostnames[0]=es.example,' +
  'networkPolicy.dnsPorts={53,5353},networkPolicy.extraEgress[0].ports[0].port=8080,terminationGracePeriodSeconds=60';

/** What is rendered is what this Kubernetes takes, to the last member. */
export async function checkChart(cluster: Cluster): Promise<void> {
  const { report, plane, settings } = cluster;
  await report.stage('The chart, by the rules of this apiserver', async () => {
    await plane.admin.demand('create', 'namespace', namespace);
    await plane.admin.demand('label', 'namespace', namespace, `${enforce}=privileged`);
    const schemas = join(settings.work, 'schemas');
    await report.claim('the real definitions of the Prometheus operator are installed', async () => {
      await installCrds(cluster);
      const openapi: unknown = JSON.parse(await plane.admin.demand('get', '--raw', '/openapi/v2'));
      return `${await writeSchemas(openapi, schemas)} kinds in the apiserver's OpenAPI, made into schemas`;
    });
    for (const [name, text] of await variants(settings.binaries.helm))
      await report.claim(
        `${name}: kubeconform -strict and the apiserver's strict dry run take every object`,
        () => accept(cluster, schemas, text),
      );
    for (const kind of undefinedKinds)
      report.skip(`${kind} (openshift.scc)`, 'its definition comes with OpenShift alone');
    await report.claim('a member that does not exist is refused by both', () => refuse(cluster, schemas));
    await checkPodSecurity(cluster);
  });
}

async function installCrds({ plane, settings }: Cluster): Promise<void> {
  for (const name of crds) {
    const file = join(settings.binaries.prometheusCrds, `monitoring.coreos.com_${name}.yaml`);
    await plane.admin.demand('create', '-f', file);
    const definition = `crd/${name}.monitoring.coreos.com`;
    await plane.admin.demand('wait', '--for=condition=Established', definition, '--timeout=60s');
  }
  const published = async () =>
    (await plane.admin.demand('get', '--raw', '/openapi/v2')).includes('PrometheusRule');
  await until(published, () => 'the apiserver does not publish the definitions');
}

/** Name → rendered text. */
async function variants(helm: string): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const name of await readdir(join(chart, 'ci')))
    found.push([`ci/${name}`, await template(helm, '--values', join(chart, 'ci', name), '--set', least)]);
  found.push(['everything switched on', await template(helm, '--set', `${least},${everything}`)]);
  found.push(['a network of its own', await template(helm, '--set', `${least},${everything},${network}`)]);
  const plain = join(import.meta.dirname, '../../../../manifests/auditseal.yaml');
  found.push(['manifests/auditseal.yaml', await readFile(plain, 'utf8')]);
  return found;
}

async function accept({ plane, settings }: Cluster, schemas: string, text: string): Promise<string> {
  const objects = objectsOf(text).filter(({ kind }) => !undefinedKinds.includes(kind));
  const input = objects.map((object) => stringify(object)).join('---\n');
  const answer = await demand(conform(settings.binaries.kubeconform, schemas), { input });
  const { summary } = z
    .object({ summary: z.object({ valid: z.int(), skipped: z.int() }) })
    .parse(JSON.parse(answer));
  assert.deepEqual(summary, { ...summary, valid: objects.length, skipped: 0 });
  const created = await plane.admin.demandWith(input, ...dryRun);
  assert.equal(created.trim().split('\n').length, objects.length, created);
  return objects.map(({ kind }) => kind).join(', ');
}

const dryRun = ['create', '--dry-run=server', '--validate=strict', '-f', '-'];

function conform(kubeconform: string, schemas: string): string[] {
  return [
    kubeconform,
    '-strict',
    '-summary',
    '-output',
    'json',
    '-schema-location',
    schemaLocation(schemas),
    '-',
  ];
}

async function refuse({ plane, settings }: Cluster, schemas: string): Promise<string> {
  const text = await template(settings.binaries.helm, '--set', least);
  const input = text.replace('readOnlyRootFilesystem:', 'readOnlyRootFileSystem:');
  assert.notEqual(input, text);
  const conformed = await run(conform(settings.binaries.kubeconform, schemas), { input });
  assert.equal(conformed.code, 1, conformed.stdout);
  assert.match(conformed.stdout, /readOnlyRootFileSystem/u);
  const created = await plane.admin.runWith(input, ...dryRun);
  assert.equal(created.code, 1);
  assert.match(created.stderr, /unknown field .*readOnlyRootFileSystem/u);
  return 'readOnlyRootFileSystem';
}

/** Pod Security: what the chart's README says of the namespace's labels. */
async function checkPodSecurity(cluster: Cluster): Promise<void> {
  const { report, plane, settings } = cluster;
  const objects = objectsOf(await template(settings.binaries.helm, '--set', `${least},${everything}`));
  for (const level of ['privileged', 'baseline', 'restricted'])
    await plane.admin.demandWith(
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: `level-${level}`, labels: { [enforce]: level } },
      },
      'create',
      '-f',
      '-',
    );
  const create = async (pod: object, level: string) =>
    await plane.admin.runWith(pod, 'create', '--dry-run=server', '-n', `level-${level}`, '-f', '-');
  const agent = podOf(objects, 'DaemonSet');
  await report.claim(`${enforce}=privileged takes the agent's pod`, async () => {
    const { code, stderr } = await create(agent, 'privileged');
    assert.equal(code, 0, stderr);
  });
  for (const level of ['baseline', 'restricted'])
    await report.claim(`${enforce}=${level} refuses it, for its hostPath`, async () => {
      const { code, stderr } = await create(agent, level);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`violates PodSecurity "${level}:latest".*hostPath`, 'u'));
      return /violates .*$/mu.exec(stderr)![0];
    });
  const others = { Job: 'setup job', Pod: 'test pod', CronJob: 'verifying jobs' };
  for (const [kind, what] of Object.entries(others))
    await report.claim(`${enforce}=restricted takes the chart's ${what}`, async () => {
      const { code, stderr } = await create(podOf(objects, kind), 'restricted');
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /Warning/u);
    });
}

const withTemplate = z.looseObject({
  spec: z.looseObject({ template: z.looseObject({ spec: z.unknown() }) }),
});

const withJob = z.looseObject({ spec: z.looseObject({ jobTemplate: z.unknown() }) });

/** The pod that an object makes or is, without a namespace. */
function podOf(objects: readonly KubernetesObject[], kind: string): object {
  const object = objects.find((one) => one.kind === kind)!;
  const maker = kind === 'CronJob' ? withJob.parse(object).spec.jobTemplate : object;
  const spec = kind === 'Pod' ? object['spec'] : withTemplate.parse(maker).spec.template.spec;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' }, spec: withoutAccount(spec) };
}

/** The service account is in the release's namespace alone. */
function withoutAccount(spec: unknown): object {
  const { serviceAccountName: _, ...rest } = z
    .looseObject({ serviceAccountName: z.unknown().optional() })
    .parse(spec);
  return rest;
}
