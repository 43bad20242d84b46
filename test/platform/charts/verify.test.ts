import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { main } from '../../kit/agent/programs.ts';
import { eventStream, installTemplates, recordStream, verdictStream } from '../../../agent/streams/index.ts';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import { addTrust } from '../../../agent/trust/index.ts';
import {
  countEvents,
  startAgent,
  temporaryFolder,
  until,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import {
  allDocuments,
  backingIndices,
  deleteDocument,
  randomNamespace,
  refresh,
} from '../../kit/elasticsearch/index.ts';
import { findHelm, objectsOf, template } from './helm.ts';
import type { KubernetesObject } from './helm.ts';
import { verifyRules, verifyRulesText } from './verify-rules.ts';

const mounted = '/etc/auditseal';

let helm: string;
beforeAll(async () => {
  helm = await findHelm();
}, 900_000);

const cronJob = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    schedule: z.string(),
    jobTemplate: z.looseObject({
      spec: z.looseObject({
        backoffLimit: z.int(),
        activeDeadlineSeconds: z.int(),
        template: z.looseObject({
          metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
          spec: z.looseObject({
            containers: z.tuple([
              z.looseObject({
                args: z.array(z.string()),
                volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })),
              }),
            ]),
            volumes: z.array(z.looseObject({ name: z.string() })),
          }),
        }),
      }),
    }),
  }),
});

const rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});

const set = (...values: string[]) => ['--set', values.join(',')];
const enabled = [
  'cluster=prod,image.repository=registry.example/auditseal',
  'elasticsearch.existingSecret=agents-key',
  'verify.enabled=true',
  'verify.existingSecret=verify-keys',
  'verify.trustConfigMap=trust',
];
const url = 'elasticsearch.url=https://es.example:9200';

function cronJobsOf(objects: readonly KubernetesObject[]) {
  return objects.filter(({ kind }) => kind === 'CronJob').map((object) => cronJob.parse(object));
}

const names = (some: readonly KubernetesObject[]) =>
  cronJobsOf(some).map(({ metadata, spec }) => [metadata.name, spec.schedule]);

const podOf = (job: z.infer<typeof cronJob>) => job.spec.jobTemplate.spec.template;

const knownArgumentsOf = (some: readonly KubernetesObject[]) =>
  cronJobsOf(some).map((job) =>
    podOf(job).spec.containers[0].args.filter((each) => each.startsWith('--known')),
  );

describe('the CronJobs that verify', () => {
  let objects: KubernetesObject[];
  beforeAll(async () => {
    objects = objectsOf(await template(helm, ...set(url, ...enabled)));
  });

  test('are there when asked for, one for the last day and one for the whole log', async () => {
    expect(names(objects)).toEqual([
      ['auditseal-verify', '17 * * * *'],
      ['auditseal-verify-whole', '43 3 * * 0'],
    ]);
    const off = objectsOf(await template(helm, ...set(url, ...enabled.slice(0, 2))));
    expect(names(off)).toEqual([]);
    const one = objectsOf(await template(helm, ...set(url, ...enabled, 'verify.wholeSchedule=')));
    expect(names(one)).toEqual([['auditseal-verify', '17 * * * *']]);
    const long = await template(helm, ...set(url, ...enabled, `fullnameOverride=${'a'.repeat(63)}`));
    for (const { metadata } of cronJobsOf(objectsOf(long)))
      expect(metadata.name.length, 'Kubernetes appends eleven to 52').toBeLessThanOrEqual(52);
  });

  test('say what is new since a verdict that somebody has looked at, where one is given', async () => {
    expect(knownArgumentsOf(objects)).toEqual([[], []]);
    const known = objectsOf(await template(helm, ...set(url, ...enabled, 'verify.knownConfigMap=looked-at')));
    expect(knownArgumentsOf(known)).toEqual([
      ['--known=/etc/auditseal/known/known.json'],
      ['--known=/etc/auditseal/known/known.json'],
    ]);
    for (const job of cronJobsOf(known)) {
      const items = [{ key: 'known.json', path: 'known.json' }];
      expect(podOf(job).spec.volumes).toContainEqual({
        name: 'known',
        configMap: { name: 'looked-at', items },
      });
      expect(podOf(job).spec.containers[0]).toMatchObject({
        terminationMessagePolicy: 'FallbackToLogsOnError',
      });
    }
  });

  test('try once, never two at a time, and end', () => {
    for (const job of cronJobsOf(objects)) {
      expect(job.spec).toMatchObject({
        concurrencyPolicy: 'Forbid',
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never' } } } },
      });
      expect(job.spec.jobTemplate.spec.activeDeadlineSeconds).toBeGreaterThan(0);
    }
  });

  test('run as nobody, without privileges, without the node, and away from control-plane nodes', () => {
    for (const job of cronJobsOf(objects)) {
      const { spec } = podOf(job);
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 },
        containers: [
          {
            securityContext: {
              runAsNonRoot: true,
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
              seccompProfile: { type: 'RuntimeDefault' },
            },
          },
        ],
      });
      for (const key of ['affinity', 'nodeSelector', 'tolerations', 'priorityClassName'])
        expect(spec).not.toHaveProperty(key);
      expect(JSON.stringify(spec)).not.toMatch(/hostPath|hostNetwork|privileged/u);
    }
  });

  test('have keys of their own, which the agents are not given, nor they the agents’', () => {
    const daemonSet = JSON.stringify(objects.find(({ kind }) => kind === 'DaemonSet'));
    expect(daemonSet).not.toContain('verify-keys');
    for (const job of cronJobsOf(objects)) {
      const { volumes, containers } = podOf(job).spec;
      expect(JSON.stringify(volumes)).not.toContain('agents-key');
      const paths = containers[0].volumeMounts.map(({ mountPath }) => mountPath);
      for (const arg of containers[0].args)
        if (arg.includes('/'))
          expect(
            paths.some((path) => arg.split('=')[1] === path || arg.includes(`=${path}/`)),
            arg,
          ).toBe(true);
    }
  });

  test('demand events of the last day, and all that there are of the whole log', () => {
    const [often, whole] = cronJobsOf(objects).map((job) => podOf(job).spec.containers[0].args);
    expect(often).toEqual(expect.arrayContaining(['--since=26h', '--from-birth', '--events-min=1']));
    expect(whole?.filter((arg) => /since|until|events-min/u.test(arg))).toEqual([]);
  });

  test('are let out to Elasticsearch and let nothing in, by a policy that selects them and no agent', () => {
    const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
    const selects = (labels: Record<string, string>) =>
      policies.filter(({ spec }) =>
        Object.entries(
          z
            .looseObject({ podSelector: z.object({ matchLabels: z.record(z.string(), z.string()) }) })
            .parse(spec).podSelector.matchLabels,
        ).every(([key, value]) => labels[key] === value),
      );
    for (const job of cronJobsOf(objects)) {
      const found = selects(podOf(job).metadata.labels);
      expect(found).toMatchObject([
        {
          metadata: { name: 'auditseal-verify' },
          spec: {
            policyTypes: ['Ingress', 'Egress'],
            egress: [{ ports: [{ port: 53 }, { port: 53 }] }, { ports: [{ port: 9200, protocol: 'TCP' }] }],
          },
        },
      ]);
      expect(found[0]!['spec']).not.toHaveProperty('ingress');
    }
  });

  test('have alerts that name them, and that fire where they are not', async () => {
    const exprOf = async (...values: string[]) => {
      const { groups } = rules.parse(await verifyRules(helm, ...values));
      return Object.fromEntries(
        groups.flatMap((group) => group.rules).map(({ alert, expr }) => [alert, expr]),
      );
    };
    const renamed = await exprOf('fullnameOverride=seal.x', 'verify.since=3d', 'verify.wholeStaleDays=40');
    expect(renamed).toEqual({
      AuditsealVerifyFailed:
        'max by (namespace, job_name) (kube_job_status_failed{namespace="auditseal",job_name=~"seal[.]x-verify(-whole)?-[0-9]+"}) > 0',
      AuditsealVerifyStale:
        '(time() - max by (namespace, cronjob) (kube_cronjob_status_last_successful_time{namespace="auditseal",cronjob="seal.x-verify"} or kube_cronjob_created{namespace="auditseal",cronjob="seal.x-verify"}) > 3 * 86400)' +
        ' or (time() - max by (namespace, cronjob) (kube_cronjob_status_last_successful_time{namespace="auditseal",cronjob="seal.x-verify-whole"} or kube_cronjob_created{namespace="auditseal",cronjob="seal.x-verify-whole"}) > 40 * 86400)',
      AuditsealVerifySuspended:
        'max by (namespace, cronjob) (kube_cronjob_spec_suspend{namespace="auditseal",cronjob=~"seal[.]x-verify(-whole)?"}) > 0',
      AuditsealVerifyAbsent:
        'absent(kube_cronjob_info{namespace="auditseal",cronjob="seal.x-verify"}) or absent(kube_cronjob_info{namespace="auditseal",cronjob="seal.x-verify-whole"})',
    });
    // As with the values of a release that had none yet.
    const reused = await exprOf('verify.wholeStaleDays=null');
    expect(reused['AuditsealVerifyStale']).toMatch(/ > 8 \* 86400\)$/u);
    const one = await exprOf('verify.wholeSchedule=');
    expect(one['AuditsealVerifyAbsent']).toBe(
      'absent(kube_cronjob_info{namespace="auditseal",cronjob="auditseal-verify"})',
    );
    expect(one['AuditsealVerifyStale']).not.toContain('whole');
    const long = `fullnameOverride=${'a'.repeat(63)}`;
    const named = names(objectsOf(await template(helm, ...set(url, ...enabled, long)))).map(([name]) => name);
    for (const name of named) expect(JSON.stringify(await exprOf(long))).toContain(`cronjob=\\"${name}\\"`);
    const off = objectsOf(
      await template(helm, ...set(url, ...enabled.slice(0, 2), 'metrics.prometheusRule.enabled=true')),
    );
    expect(JSON.stringify(off)).not.toContain('AuditsealVerify');
  });

  test('have the same alerts in manifests/', async () => {
    const file = join(import.meta.dirname, '../../../manifests/prometheus-rules-verify.yaml');
    expect(await readFile(file, 'utf8'), 'node test/platform/charts/write.ts').toBe(
      await verifyRulesText(helm),
    );
  });

  test('say which value is missing', async () => {
    await expect(template(helm, ...set(url, ...enabled, 'verify.existingSecret='))).rejects.toThrow(
      /verify\.existingSecret is not set/u,
    );
    await expect(template(helm, ...set(url, ...enabled, 'verify.trustSecret=x'))).rejects.toThrow(
      /are both set/u,
    );
    await expect(template(helm, ...set(url, ...enabled, 'verify.since=yesterday'))).rejects.toThrow(
      /verify.*since/su,
    );
  });
});

interface Verdict {
  event: { outcome: string };
  auditseal: { verify: { verdict: string; scope: string; findings: Record<string, number> } };
}

test(
  'what they run, as it is rendered, writes a green verdict on an agent’s log, and a red one on what was tampered with',
  { timeout: 120_000 },
  async () => {
    const elasticsearchUrl = inject('elasticsearchUrl');
    await using folder = await temporaryFolder();
    const namespace = randomNamespace();
    const client = await createClient({ urls: [elasticsearchUrl], requestSeconds: 20 });
    await installTemplates(client, { namespace, retentionDays: 400 });
    await client.close();
    const config = await writeConfig(folder.path, { elasticsearchUrl, namespace });
    const writer = await Writer.make(folder.path);
    await using agent = await startAgent({ config });
    await writer.burst(50);
    await until(
      async () => (await countEvents(elasticsearchUrl, namespace)) === 50,
      () => `not all events arrived: ${agent.tail()}`,
    );
    await until(
      async () => (await vkeys(elasticsearchUrl, namespace)).length > 0,
      () => `no record arrived: ${agent.tail()}`,
    );
    expect(await agent.stop()).toBe(0);

    const values = [
      `elasticsearch.url=${elasticsearchUrl}`,
      `elasticsearch.namespace=${namespace}`,
      ...enabled,
    ];
    const objects = objectsOf(await template(helm, ...set(...values)));
    const trust = join(folder.path, 'trust.json');
    await addTrust(trust, await vkeys(elasticsearchUrl, namespace), 'refuse');
    const root = join(folder.path, 'container');
    await mountAll(root, objects, {
      'verify-keys': { 'api-key': 'a2V5OnNlY3JldA==', 'verdict-api-key': 'a2V5OnNlY3JldA==' },
      trust: { 'trust.json': await readFile(trust, 'utf8') },
    });
    const [often, whole] = cronJobsOf(objects);
    expect(await run(often!, root)).toEqual([0, '']);
    expect(await run(whole!, root)).toEqual([0, '']);

    const stream = eventStream(namespace);
    const index = (await backingIndices(elasticsearchUrl, stream)).at(-1)!;
    for await (const { id } of allDocuments(elasticsearchUrl, stream)) {
      await deleteDocument(elasticsearchUrl, index, id);
      break;
    }
    await refresh(elasticsearchUrl, stream);
    expect(await run(often!, root)).toEqual([1, '']);
    const verdicts: Verdict[] = [];
    await refresh(elasticsearchUrl, verdictStream(namespace));
    for await (const { source } of allDocuments(elasticsearchUrl, verdictStream(namespace)))
      verdicts.push(JSON.parse(source.toString()) as Verdict);
    expect(
      verdicts
        .map(({ event, auditseal: { verify } }) => [verify.scope, event.outcome, verify.findings['missing']])
        .toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    ).toEqual([
      ['range', 'failure', 1],
      ['range', 'success', 0],
      ['whole', 'success', 0],
    ]);
  },
);

async function vkeys(elasticsearchUrl: string, namespace: string): Promise<string[]> {
  const found = new Set<string>();
  const stream = recordStream(namespace);
  await refresh(elasticsearchUrl, stream);
  for await (const { source } of allDocuments(elasticsearchUrl, stream)) {
    const { auditseal } = JSON.parse(source.toString()) as { auditseal: { manifest?: string; vkey: string } };
    if (auditseal.manifest !== undefined) found.add(auditseal.vkey);
  }
  return [...found];
}

/** Puts what the pod's volumes hold below `root`, where the pod has it: `given` are Secrets and ConfigMaps by name. */
async function mountAll(
  root: string,
  objects: readonly KubernetesObject[],
  given: Record<string, Record<string, string>>,
): Promise<void> {
  const own = objects.find(({ kind }) => kind === 'ConfigMap')!;
  const held = { ...given, [own.metadata.name]: z.record(z.string(), z.string()).parse(own['data']) };
  const source = z.looseObject({
    name: z.string().optional(),
    secretName: z.string().optional(),
    items: z.array(z.object({ key: z.string(), path: z.string() })).optional(),
  });
  const { containers, volumes } = podOf(cronJobsOf(objects)[0]!).spec;
  for (const volume of volumes) {
    const { name, secretName, items } = source.parse(volume['secret'] ?? volume['configMap']);
    const data = held[(secretName ?? name)!]!;
    const { mountPath, ...mount } = containers[0].volumeMounts.find((each) => each.name === volume.name)!;
    for (const { key, path } of items ?? Object.keys(data).map((each) => ({ key: each, path: each }))) {
      if ('subPath' in mount && mount['subPath'] !== path) continue;
      const file = 'subPath' in mount ? mountPath : join(mountPath, path);
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), data[key]!);
    }
  }
}

/** The container's command line, with the root of its file system elsewhere. Resolves with exit code and standard error. */
async function run(job: z.infer<typeof cronJob>, root: string): Promise<[number, string]> {
  const { args } = podOf(job).spec.containers[0];
  const here = args.map((arg) => arg.replace(`=${mounted}/`, `=${root}${mounted}/`));
  return await new Promise((resolve) => {
    execFile(process.execPath, [main, ...here], (failure, _out, error) => {
      resolve([failure ? Number(failure.code ?? -1) : 0, error]);
    });
  });
}
