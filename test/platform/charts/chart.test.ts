import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseConfig } from '../../../agent/config/index.ts';
import { configurationKeys } from './configuration.ts';
import { chart, findHelm, least as leastSet, objectsOf, template } from './helm.ts';
import type { KubernetesObject } from './helm.ts';
import { manifest } from './manifest.ts';
import { chartReadme } from './readme.ts';
import { policyJsonSchema, units, valuesSchema } from './values-schema.ts';

const installations = readdirSync(join(chart, 'ci'));
const least = ['--set', leastSet];
/** What a values file of a platform leaves to who installs it. */
const named = 'cluster=prod,image.repository=registry.example/auditseal';

let helm: string;
// Go builds helm once on a machine.
beforeAll(async () => {
  helm = await findHelm();
}, 900_000);

const mount = z.object({
  name: z.string(),
  mountPath: z.string(),
  readOnly: z.boolean().optional(),
  subPath: z.string().optional(),
});
const daemonSet = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.tuple([
          z.looseObject({ args: z.array(z.string()), env: z.unknown(), volumeMounts: z.array(mount) }),
        ]),
        volumes: z.array(
          z.looseObject({ name: z.string(), hostPath: z.object({ path: z.string() }).loose().optional() }),
        ),
      }),
    }),
  }),
});

function find(objects: KubernetesObject[], kind: string): KubernetesObject {
  const found = objects.filter((object) => object.kind === kind);
  expect(found).toHaveLength(1);
  return found[0]!;
}

function podOf(objects: KubernetesObject[]) {
  return daemonSet.parse(find(objects, 'DaemonSet')).spec.template.spec;
}

function configOf(objects: KubernetesObject[]) {
  const { data } = z
    .looseObject({ data: z.record(z.string(), z.string()) })
    .parse(find(objects, 'ConfigMap'));
  return parseConfig('auditseal.yaml', data['auditseal.yaml']!);
}

const withoutDoctor = ['--set', 'test.doctor=false'];
const onlyPolicy = 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n';
const kinds = (text: string) => objectsOf(text).map(({ kind }) => kind);

const portsOf = async (...set: string[]) =>
  z
    .looseObject({
      spec: z.looseObject({
        ingress: z.array(z.object({ ports: z.unknown() })),
        egress: z.array(z.object({ ports: z.array(z.object({ port: z.int() }).loose()) })),
      }),
    })
    .parse(find(objectsOf(await template(helm, ...set.flatMap((one) => ['--set', one]))), 'NetworkPolicy'))
    .spec;

const fileOf = (path: string): unknown => JSON.parse(readFileSync(join(chart, path), 'utf8'));

const rendered = async (...set: string[]) =>
  objectsOf(await template(helm, '--set', [leastSet, ...set].join(',')));

describe('looks for drift', () => {
  test('by default the agent has no token, no process and no file but the log, and looks at that', async () => {
    const objects = await rendered();
    const pod = podOf(objects);
    expect(pod).toMatchObject({ automountServiceAccountToken: false });
    expect(pod).not.toHaveProperty('hostPID');
    expect(pod.containers[0].volumeMounts.map(({ name }) => name)).toEqual([
      'config',
      'elasticsearch',
      'state',
      'audit-0',
    ]);
    expect(objects.map(({ kind }) => kind)).not.toContain('ClusterRole');
    expect(configOf(objects).drift).toMatchObject({ enabled: true, proc: false });
    expect(configOf(objects).drift.apiserver).toBeUndefined();
  });

  test('manifests and policy are mounted read-only, the folder of the one and the file of the other', async () => {
    const paths = ['/etc/kubernetes/manifests', '/etc/kubernetes/policy.yaml'];
    const objects = await rendered(`drift.apiserverPath=${paths[0]}`, `drift.auditPolicyFile=${paths[1]}`);
    const { containers, volumes } = podOf(objects);
    const mounts = containers[0].volumeMounts.filter(({ name }) => name.startsWith('drift-'));
    expect(mounts.map(({ mountPath, readOnly }) => [mountPath, readOnly])).toEqual(
      paths.map((path) => [path, true]),
    );
    const paths2 = volumes.filter(({ name }) => name.startsWith('drift-')).map(({ hostPath }) => hostPath);
    expect(paths2).toEqual([
      { path: paths[0], type: 'DirectoryOrCreate' },
      { path: paths[1], type: 'FileOrCreate' },
    ]);
    expect(configOf(objects).drift).toMatchObject({ apiserverPath: paths[0], auditPolicyFile: paths[1] });
  });

  test('the API takes a token that may get two paths, and the port is let out; processes take hostPID', async () => {
    const objects = await rendered('drift.api=true', 'drift.proc=true', 'config.drift.seconds=5m');
    expect(podOf(objects)).toMatchObject({ automountServiceAccountToken: true, hostPID: true });
    expect(find(objects, 'ClusterRole')).toMatchObject({
      rules: [{ nonResourceURLs: ['/flagz', '/metrics'], verbs: ['get'] }],
    });
    expect(find(objects, 'ClusterRoleBinding')).toMatchObject({
      subjects: [{ kind: 'ServiceAccount', name: 'auditseal', namespace: 'auditseal' }],
    });
    expect(JSON.stringify(find(objects, 'NetworkPolicy'))).toContain('6443');
    expect(configOf(objects).drift).toMatchObject({ proc: true, seconds: 300 });
    expect(configOf(objects).drift.apiserver?.tokenFile).toBe(
      '/var/run/secrets/kubernetes.io/serviceaccount/token',
    );
  });

  test('helm test runs doctor with the mounts of the agents, and nothing that may write', async () => {
    const objects = await rendered('drift.apiserverPath=/etc/kubernetes/manifests');
    const doctor = z
      .looseObject({
        spec: z.looseObject({
          containers: z.tuple([z.looseObject({ args: z.array(z.string()), volumeMounts: z.array(mount) })]),
        }),
      })
      .parse(find(objects, 'Pod')).spec.containers[0];
    expect(doctor.args).toEqual([
      'doctor',
      '--config',
      '/etc/auditseal/auditseal.yaml',
      '--fail-on',
      'problem',
    ]);
    expect(doctor.volumeMounts.every(({ readOnly }) => readOnly)).toBe(true);
    expect(doctor.volumeMounts.map(({ mountPath }) => mountPath)).toContain('/etc/kubernetes/manifests');
    expect((await rendered('test.doctor=false')).map(({ kind }) => kind)).not.toContain('Pod');
  });
});

test('the key of pseudonyms comes from its Secret, into a file that only the agent reads', async () => {
  const set = `${leastSet},pseudonyms.existingSecret=names,pseudonyms.keyKey=k,config.pseudonyms.addresses=false`;
  const objects = objectsOf(await template(helm, '--set', set));
  const { containers, volumes } = podOf(objects);
  const { pseudonyms } = configOf(objects);
  const mounted = containers[0].volumeMounts.find(({ name }) => name === 'pseudonyms');
  expect(pseudonyms).toEqual({
    keyFile: `${mounted?.mountPath}/pseudonym-key`,
    addresses: false,
    keepUsers: [],
  });
  expect(volumes.find(({ name }) => name === 'pseudonyms')).toMatchObject({
    // As YAML 1.2 reads 0400, which Kubernetes reads as octal.
    secret: { secretName: 'names', defaultMode: 400, items: [{ key: 'k', path: 'pseudonym-key' }] },
  });
  const without = objectsOf(await template(helm, ...least));
  expect(configOf(without).pseudonyms.keyFile).toBeUndefined();
  expect(JSON.stringify(without)).not.toContain('pseudonyms');
});

describe.each(installations)('rendered with ci/%s', (values) => {
  let objects: KubernetesObject[];
  beforeAll(async () => {
    const file = join(chart, 'ci', values);
    // That of manifests/compose.yaml is the only one that is the same everywhere.
    const url = values === 'kind-values.yaml' ? '' : ',elasticsearch.url=https://es.example:9200';
    const secret = values === 'verify-values.yaml' ? ',elasticsearch.existingSecret=key' : '';
    // A placeholder in the file would keep the guard from saying what is not set.
    if (url)
      await expect(template(helm, '--values', file, '--set', named)).rejects.toThrow(
        /elasticsearch\.url is not set/u,
      );
    await expect(template(helm, '--values', file)).rejects.toThrow(
      /cluster is not set.*\n.*image\.repository is not set/u,
    );
    objects = objectsOf(await template(helm, '--values', file, '--set', `${named}${url}${secret}`));
  });

  test('the configuration is one that the agent takes, with every file in a mounted folder', () => {
    const config = configOf(objects);
    const [{ volumeMounts }] = podOf(objects).containers;
    const isMounted = (path: string) =>
      volumeMounts.some(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`));
    const { apiKeyFile = '' } = config.elasticsearch;
    for (const path of [apiKeyFile, config.stateDir, ...config.sources.map((source) => source.path)])
      expect(isMounted(path), path).toBe(true);
  });

  // Pods that wait for ever for a Secret that no page has told to make.
  test.skipIf(values === 'verify-values.yaml')('nothing has to be there but the agents’ own Secret', () => {
    const text = JSON.stringify(objects);
    const wanted = [...text.matchAll(/"(?:secretName|secret|configMap)":(?:\{"name":)?"([^"]+)"/gu)];
    expect(new Set(wanted.map(([, name]) => name))).toEqual(
      new Set(['auditseal-elasticsearch', 'auditseal']),
    );
  });

  test('the node is mounted by the folder, and nothing of it can be written but the state', () => {
    const { containers, volumes } = podOf(objects);
    const { stateDir } = configOf(objects);
    for (const { name, hostPath } of volumes) {
      if (!hostPath) continue;
      const mounts = containers[0].volumeMounts.filter((one) => one.name === name);
      expect(mounts).toEqual([
        hostPath.path === stateDir
          ? { name, mountPath: stateDir }
          : { name, mountPath: hostPath.path, readOnly: true },
      ]);
    }
  });

  test('the pod is hardened, lands on control-plane nodes alone, and knows its node', () => {
    const pod = podOf(objects);
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      priorityClassName: 'system-node-critical',
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] },
              { matchExpressions: [{ key: 'node-role.kubernetes.io/master', operator: 'Exists' }] },
            ],
          },
        },
      },
      containers: [
        {
          startupProbe: { httpGet: { path: '/healthz' } },
          livenessProbe: { httpGet: { path: '/healthz' } },
          readinessProbe: { httpGet: { path: '/readyz' } },
          env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            // Talos alone: its apiserver's log is another uid's.
            capabilities: {
              drop: ['ALL'],
              ...(values === 'talos-values.yaml' && { add: ['DAC_READ_SEARCH'] }),
            },
            seccompProfile: { type: 'RuntimeDefault' },
          },
        },
      ],
    });
    expect(JSON.stringify(pod)).not.toMatch(/privileged|hostNetwork|hostPID/u);
    const added = JSON.stringify(pod).match(/"add":/gu) ?? [];
    expect(added).toHaveLength(values === 'talos-values.yaml' ? 1 : 0);
  });
});

describe('the commands of the documentation', () => {
  const root = join(chart, '../..');
  const commands = ['README.md', 'docs/install.md', 'charts/auditseal/README.md'].flatMap((page) =>
    readFileSync(join(root, page), 'utf8')
      .replaceAll(/ *\\\n */gu, ' ')
      .split('\n')
      // In a list a command is indented.
      .map((line) => line.trim())
      .filter((line) => line.startsWith('$ helm install auditseal charts/auditseal '))
      .map((line) => [page, line] as const),
  );

  test('are there', () => {
    expect(new Set(commands.map(([page]) => page)).size).toBe(3);
  });

  test.each(commands)('%s: %s', async (_page, line) => {
    const args = line.slice('$ helm install auditseal charts/auditseal '.length).split(' ');
    const absolute = args.map((arg) => (arg.startsWith('charts/') ? join(root, arg) : arg));
    expect(configOf(objectsOf(await template(helm, ...absolute))).cluster).toBe('prod');
  });
});

const docOf = (name: string) => readFileSync(join(chart, '../../docs', name), 'utf8');
/** Of a key's path: `urls` of `elasticsearch.urls[]`. */
const lastPart = (key: string) =>
  key
    .replace(/\[\]$/u, '')
    .split(/\.|\[\]\./u)
    .at(-1)!;

describe('the chart', () => {
  test.each([
    ['elasticsearch.urll=x', /elasticsearch.*urll/su],
    ['elasticsearch.url=ftp://es', /elasticsearch\/url|elasticsearch\.url/u],
    ['elasticsearch.url=https://user:secret@es', /elasticsearch\/url|elasticsearch\.url/u],
    ['config.batchSeconds=soon', /config\/batchSeconds|config\.batchSeconds/u],
    ['config.elasticsearch.retentionDays=0', /retentionDays/u],
    ['config.cluster=other', /config.*cluster/su],
    ['image.digest=latest', /image\/digest|image\.digest/u],
    ['networkPolicy.elasticsearchPorts[0]=99999', /elasticsearchPorts/u],
  ])('a wrong value fails with its path: %s', async (set, path) => {
    await expect(template(helm, ...least, '--set', set)).rejects.toThrow(path);
  });

  test('every value is in the schema and every key of the schema is a value', () => {
    const values: unknown = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));
    const keysOf = (value: unknown, schema: unknown, at: string): [string[], string[]] => {
      const { properties } = z
        .object({ properties: z.record(z.string(), z.unknown()).optional() })
        .parse(schema);
      if (!properties || at === 'config') return [[], []];
      const object = z.record(z.string(), z.unknown()).parse(value);
      const inner = Object.keys(properties).map((key) => keysOf(object[key], properties[key], key));
      return [
        [...Object.keys(object), ...inner.flatMap(([own]) => own)].toSorted(),
        [...Object.keys(properties), ...inner.flatMap(([, own]) => own)].toSorted(),
      ];
    };
    const [given, known] = keysOf(values, valuesSchema(), '');
    expect(given).toEqual(known);
  });

  test('the schema of its values follows the agent’s: run `node test/platform/charts/write.ts`', () => {
    expect(fileOf('values.schema.json')).toEqual(JSON.parse(JSON.stringify(valuesSchema())));
    expect(fileOf('files/policy.schema.json')).toEqual(JSON.parse(JSON.stringify(policyJsonSchema())));
    expect(fileOf('files/units.json')).toEqual(JSON.parse(JSON.stringify(units())));
  });

  test('the page of the agent’s keys follows its schema, and each key has its meaning: run `node test/platform/charts/write.ts`', () => {
    expect(docOf('configuration-keys.md')).toBe(configurationKeys());
    const keys = [...configurationKeys().matchAll(/^\| `([^`]+)` /gmu)].map(([, key]) => key!);
    const pages = ['configuration', 'identity', 'notification'];
    const meanings = pages.map((page) => docOf(`${page}.md`)).join('\n');
    expect(keys.filter((key) => !new RegExp(`\\b${lastPart(key)}\\b`, 'u').test(meanings))).toEqual([]);
  });

  test('its README has a row for each value: run `node test/platform/charts/write.ts`', () => {
    expect(readFileSync(join(chart, 'README.md'), 'utf8')).toBe(chartReadme());
  });

  test('manifests/auditseal.yaml is what it renders: run `node test/platform/charts/write.ts`', async () => {
    const written = readFileSync(join(import.meta.dirname, '../../../manifests/auditseal.yaml'), 'utf8');
    expect(written).toBe(await manifest(helm));
    // What nobody has set ends the agent at its start, and is one word to set.
    expect(() => configOf(objectsOf(written))).toThrow(/cluster.*\n.*elasticsearch\.urls/u);
    const set = written
      .replace("cluster: ''", 'cluster: prod')
      .replace('urls: []', 'urls: [https://es.example]');
    expect(configOf(objectsOf(set))).toMatchObject({ cluster: 'prod' });
    expect(written.match(/image: .*/gu)).toEqual([expect.stringContaining('image: registry.example/')]);
  });

  test('the policy lets out DNS and Elasticsearch’s ports, or the proxy’s, and in the scrape', async () => {
    const urls = 'elasticsearch.urls={https://a.example:9243,https://b.example,http://[::1]:9200}';
    const secret = `elasticsearch.existingSecret=key,${named}`;
    const direct = await portsOf(urls, secret);
    expect(direct.ingress).toEqual([{ ports: [{ port: 'metrics', protocol: 'TCP' }] }]);
    expect(direct.egress.map(({ ports }) => ports.map(({ port }) => port))).toEqual([
      [53, 53],
      [9243, 443, 9200],
    ]);
    const proxied = await portsOf(urls, secret, 'config.elasticsearch.proxy=http://proxy.example:3128');
    expect(proxied.egress[1]?.ports.map(({ port }) => port)).toEqual([3128]);
  });

  test('sources in one folder share one mount, and a policy of one’s own is mounted and used', async () => {
    const objects = objectsOf(
      await template(
        helm,
        ...least,
        '--set',
        'sources[0].name=a,sources[0].path=/var/log/a/audit.log,sources[1].name=b,sources[1].path=/var/log/a/other.log,resources.limits.memory=1Gi',
        '--set-string',
        `policy=${onlyPolicy}`,
      ),
    );
    const pod = podOf(objects);
    expect(pod.volumes.flatMap(({ hostPath }) => hostPath?.path ?? [])).toEqual([
      '/var/lib/auditseal',
      '/var/log/a',
    ]);
    expect(configOf(objects).policyFile).toBe('/etc/auditseal/policy.yaml');
    expect(pod.containers[0].volumeMounts).toContainEqual({
      name: 'config',
      mountPath: '/etc/auditseal/policy.yaml',
      subPath: 'policy.yaml',
      readOnly: true,
    });
  });

  test('setup has a key of its own that no agent is given, and the agents install nothing then', async () => {
    const objects = objectsOf(
      await template(helm, ...least, '--set', 'setup.enabled=true,setup.existingSecret=administrator'),
    );
    expect(JSON.stringify(find(objects, 'Job'))).toContain('administrator');
    expect(JSON.stringify(find(objects, 'DaemonSet'))).not.toContain('administrator');
    expect(configOf(objects).elasticsearch.installTemplates).toBe(false);
    await expect(template(helm, ...least, '--set', 'setup.enabled=true')).rejects.toThrow(
      /setup\.existingSecret is not set/u,
    );
  });

  test('the test pod asks a server without TLS only where the values allow it to the agents', async () => {
    const plain = 'elasticsearch.url=http://es.example:9200,config.elasticsearch.allowPlaintext=true';
    const sets = ['--set', 'test.existingSecret=read', '--set', plain];
    const pod = find(objectsOf(await template(helm, ...least, ...withoutDoctor, ...sets)), 'Pod');
    expect(JSON.stringify(pod)).toContain('"--allow-plaintext"');
    const secure = find(
      objectsOf(await template(helm, ...least, ...withoutDoctor, '--set', 'test.existingSecret=read')),
      'Pod',
    );
    expect(JSON.stringify(secure)).not.toContain('plaintext');
  });

  test('the test pod stays when it has run: its log has the verdict, and `helm test --logs` fails without it', async () => {
    const objects = objectsOf(
      await template(helm, ...least, ...withoutDoctor, '--set', 'test.existingSecret=read'),
    );
    expect(find(objects, 'Pod')).toMatchObject({
      metadata: {
        annotations: { 'helm.sh/hook': 'test', 'helm.sh/hook-delete-policy': 'before-hook-creation' },
      },
      // Arrived, not only consistent.
      spec: {
        containers: [
          {
            args: expect.arrayContaining([
              'verify',
              '--since=1h',
              '--from-birth',
              '--events-min=1',
            ]) as unknown,
          },
        ],
      },
    });
  });

  test('the setup job and the test pod find a node in a cluster of control planes alone', async () => {
    const set = 'setup.enabled=true,setup.existingSecret=administrator,test.existingSecret=read';
    const objects = objectsOf(await template(helm, ...least, ...withoutDoctor, '--set', set));
    const { tolerations } = z.looseObject({ tolerations: z.array(z.unknown()).min(1) }).parse(podOf(objects));
    expect(find(objects, 'Pod')).toMatchObject({ spec: { tolerations } });
    expect(find(objects, 'Job')).toMatchObject({ spec: { template: { spec: { tolerations } } } });
  });

  test('monitors, rules, constraints and the test pod are there when asked for, and only then', async () => {
    expect(kinds(await template(helm, ...least, ...withoutDoctor)).toSorted()).toEqual([
      'ConfigMap',
      'DaemonSet',
      'NetworkPolicy',
      'ServiceAccount',
    ]);
    const all = ['podMonitor', 'serviceMonitor', 'prometheusRule'].map(
      (name) => `metrics.${name}.enabled=true`,
    );
    const set = [
      ...all,
      'openshift.scc=true',
      'test.existingSecret=read',
      'setup.enabled=true',
      'setup.existingSecret=admin',
    ].join(',');
    const objects = objectsOf(await template(helm, ...least, ...withoutDoctor, '--set', set));
    expect(objects.map(({ kind }) => kind).toSorted()).toEqual([
      'ConfigMap',
      'DaemonSet',
      'Job',
      'NetworkPolicy',
      'Pod',
      'PodMonitor',
      'PrometheusRule',
      'SecurityContextConstraints',
      'Service',
      'ServiceAccount',
      'ServiceMonitor',
    ]);
    // The alerts say job="auditseal".
    for (const kind of ['PodMonitor', 'ServiceMonitor'])
      expect(find(objects, kind)).toMatchObject({
        metadata: { labels: { 'app.kubernetes.io/name': 'auditseal' } },
        spec: { jobLabel: 'app.kubernetes.io/name' },
      });
    const rule = z
      .looseObject({ spec: z.object({ groups: z.array(z.unknown()).min(1) }) })
      .parse(find(objects, 'PrometheusRule'));
    const plain: unknown = parse(
      readFileSync(join(import.meta.dirname, '../../../manifests/prometheus-rules.yaml'), 'utf8'),
    );
    expect(rule.spec).toEqual(plain);
    const renamed = await template(helm, ...least, '--set', `${set},nameOverride=seal`);
    expect(find(objectsOf(renamed), 'PrometheusRule')['spec']).toEqual(
      JSON.parse(JSON.stringify(plain).replaceAll('job=\\"auditseal\\"', 'job=\\"seal\\"')),
    );
    expect(renamed).toContain('up{job="seal"} == 0');
    const base = 'https://git.example/auditseal/docs/operations.md';
    const linked = await template(
      helm,
      ...least,
      '--set',
      `${set},metrics.prometheusRule.runbookUrlBase=${base},verify.enabled=true,verify.existingSecret=keys`,
    );
    expect(new Set(linked.match(/(?<=^ +)runbook\w*: [^#\n]*/gmu))).toEqual(
      new Set([`runbook_url: ${base}`]),
    );
    expect(linked).toContain(`runbook_url: ${base}#auditsealverifystale\n`);
    expect(linked).toContain(`runbook_url: ${base}#auditsealgap\n`);
  });
});
