import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { join } from 'node:path';
import { chart, findHelm, least, notes, objectsOf, template } from './helm.ts';
import type { KubernetesObject } from './helm.ts';

let helm: string;
// Go builds helm once on a machine.
beforeAll(async () => {
  helm = await findHelm();
}, 900_000);

const everyPod =
  'test.existingSecret=read,setup.enabled=true,setup.existingSecret=admin,verify.enabled=true,verify.existingSecret=keys,openshift.scc=true';

async function render(...args: string[]): Promise<KubernetesObject[]> {
  return objectsOf(await template(helm, '--set', least, ...args));
}

const pod = z.looseObject({ containers: z.array(z.unknown()) });
const made = z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: pod }) }) });
const scheduled = z.looseObject({ spec: z.looseObject({ jobTemplate: made }) });

/** The pods that the objects are or make, by the kind of object. */
function podsOf(objects: readonly KubernetesObject[]): [kind: string, pod: z.infer<typeof pod>][] {
  return objects.flatMap((object): [string, z.infer<typeof pod>][] => {
    const { kind } = object;
    if (kind === 'Pod') return [[kind, pod.parse(object['spec'])]];
    if (kind === 'CronJob') return [[kind, scheduled.parse(object).spec.jobTemplate.spec.template.spec]];
    return ['DaemonSet', 'Job'].includes(kind) ? [[kind, made.parse(object).spec.template.spec]] : [];
  });
}

const policy = z.looseObject({
  spec: z.looseObject({
    egress: z.array(z.looseObject({ ports: z.array(z.looseObject({ port: z.int() })) })),
  }),
});
const egressOf = (objects: readonly KubernetesObject[]) =>
  objects.filter(({ kind }) => kind === 'NetworkPolicy').map((object) => policy.parse(object).spec.egress);
const portsOf = (objects: readonly KubernetesObject[]) =>
  egressOf(objects).map((rules) => rules.map(({ ports }) => ports.map(({ port }) => port)));

const constraints = async (...set: string[]) =>
  (await render('--set', ['openshift.scc=true', ...set].join(','))).find(
    ({ kind }) => kind === 'SecurityContextConstraints',
  );
const graceOf = async (...set: string[]) =>
  (podsOf(await render('--set', set.join(',')))[0]![1] as { terminationGracePeriodSeconds?: number })
    .terminationGracePeriodSeconds;

describe('the network policies', () => {
  test('let out OpenShift’s DNS, whose pods listen on 5353, with its values file', async () => {
    const openshift = ['--values', join(chart, 'ci/openshift-values.yaml'), '--set', everyPod];
    expect(portsOf(await render(...openshift))).toEqual([
      [[53, 53, 5353, 5353], [9200]],
      [[53, 53, 5353, 5353], [9200]],
    ]);
    expect(portsOf(await render())).toEqual([[[53, 53], [9200]]]);
  });

  test('have no rule for DNS without ports of it, which Kubernetes would take for all ports', async () => {
    expect(portsOf(await render('--set-json', 'networkPolicy.dnsPorts=[]'))).toEqual([[[9200]]]);
  });

  test('have further rules, and the targetPort in place of the URL’s', async () => {
    const extra = [{ ports: [{ port: 8080, protocol: 'TCP' }], to: [{ ipBlock: { cidr: '10.1.0.0/16' } }] }];
    const objects = await render(
      '--set',
      `${everyPod},networkPolicy.elasticsearchPorts={9243}`,
      '--set-json',
      `networkPolicy.extraEgress=${JSON.stringify(extra)}`,
    );
    for (const rules of egressOf(objects))
      expect(rules.slice(1)).toEqual([{ ports: [{ port: 9243, protocol: 'TCP' }] }, ...extra]);
    expect(egressOf(objects)).toHaveLength(2);
  });
});

describe('where the network of pods is not enough', () => {
  test('every pod that connects finds names as it is told', async () => {
    const aliases = [{ ip: '10.0.0.7', hostnames: ['es.example'] }];
    const dns = { nameservers: ['10.0.0.10'] };
    const objects = await render(
      '--set',
      `${everyPod},dnsPolicy=None`,
      '--set-json',
      `hostAliases=${JSON.stringify(aliases)}`,
      '--set-json',
      `dnsConfig=${JSON.stringify(dns)}`,
    );
    const pods = podsOf(objects);
    expect(pods.map(([kind]) => kind).toSorted()).toEqual([
      'CronJob',
      'CronJob',
      'DaemonSet',
      'Job',
      'Pod',
      'Pod',
    ]);
    for (const [kind, spec] of pods)
      expect(spec, kind).toMatchObject({ hostAliases: aliases, dnsPolicy: 'None', dnsConfig: dns });
  });

  test('the agents alone use the node’s network, and still find the cluster’s names', async () => {
    const objects = await render('--set', `${everyPod},hostNetwork=true`);
    for (const [kind, spec] of podsOf(objects))
      if (kind === 'DaemonSet')
        expect(spec).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
      else expect(spec).not.toHaveProperty('hostNetwork');
    const own = await render('--set', 'hostNetwork=true,dnsPolicy=Default');
    expect(podsOf(own).filter(([kind]) => kind === 'DaemonSet')).toMatchObject([
      ['DaemonSet', { hostNetwork: true, dnsPolicy: 'Default' }],
    ]);
  });

  test('by default nothing of it is there', async () => {
    for (const [kind, spec] of podsOf(await render('--set', everyPod)))
      for (const key of ['hostNetwork', 'dnsPolicy', 'dnsConfig', 'hostAliases'])
        expect(spec, kind).not.toHaveProperty(key);
  });

  test('the constraints of OpenShift permit what the pod asks for, and no more', async () => {
    expect(await constraints()).toMatchObject({
      allowHostNetwork: false,
      allowHostPorts: false,
      allowedCapabilities: [],
    });
    expect(
      await constraints('hostNetwork=true', 'securityContext.capabilities.add={DAC_READ_SEARCH}'),
    ).toMatchObject({
      allowHostNetwork: true,
      allowHostPorts: true,
      allowedCapabilities: ['DAC_READ_SEARCH'],
      requiredDropCapabilities: ['ALL'],
    });
  });
});

test('the grace period is the agent’s own time to deliver, and more', async () => {
  expect(await graceOf('hostNetwork=false')).toBe(30);
  expect(await graceOf('config.shutdownSeconds=0')).toBe(10);
  expect(await graceOf('config.shutdownSeconds=300')).toBe(310);
  expect(await graceOf('terminationGracePeriodSeconds=90')).toBe(90);
});

test('the notes say what to set where a Service’s port is not its targetPort, as long as nobody has', async () => {
  expect(await notes(helm, '--set', least)).toMatch(/targetPort.*\n.*networkPolicy\.elasticsearchPorts=/u);
  for (const set of [
    'networkPolicy.elasticsearchPorts={9243}',
    'networkPolicy.enabled=false',
    'hostNetwork=true',
  ])
    expect(await notes(helm, '--set', `${least},${set}`)).not.toContain('targetPort');
});
