import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../agent/config/index.ts';
import { chart, findHelm, least, objectsOf, template } from './helm.ts';
import type { KubernetesObject } from './helm.ts';
import { grafanaDashboard } from './grafana.ts';

let helm: string;
beforeAll(async () => {
  helm = await findHelm();
}, 900_000);

const rendered = async (...set: string[]): Promise<KubernetesObject[]> =>
  objectsOf(await template(helm, ...[least, ...set].flatMap((one) => ['--set', one])));

/** The value at a path of object members and array indexes, wherever it leads. */
function at(object: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => Reflect.get(Object(inner), key), object);
}

const one = (objects: KubernetesObject[], kind: string, end = '') => {
  const found = objects.filter(
    (each) => each.kind === kind && String(at(each, 'metadata', 'name')).endsWith(end),
  );
  expect(found).toHaveLength(1);
  return found[0];
};

const rules = async (...set: string[]) => {
  const policy = one(
    (await rendered(...set)).filter(({ kind }) => kind === 'NetworkPolicy'),
    'NetworkPolicy',
  );
  return {
    scrape: at(policy, 'spec', 'ingress', 0, 'from'),
    elasticsearch: at(policy, 'spec', 'egress', 1, 'to'),
  };
};
const ipBlock = (cidr: string) => ({ ipBlock: { cidr } });
const named = (name: string) => [
  { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } },
];
const extra = (section: string) => [
  `${section}extraVolumes[0].name=more`,
  `${section}extraVolumes[0].configMap.name=ca`,
  `${section}extraVolumeMounts[0].name=more`,
  `${section}extraVolumeMounts[0].mountPath=/more`,
];

const pod = ['spec', 'template', 'spec'];
const everything = [
  'setup.enabled=true',
  'setup.existingSecret=admin',
  'verify.enabled=true',
  'verify.existingSecret=verify',
  'test.existingSecret=read',
  'metrics.podMonitor.enabled=true',
  'metrics.serviceMonitor.enabled=true',
  'metrics.prometheusRule.enabled=true',
  'metrics.grafanaDashboard.enabled=true',
];

test.each<[string[], string]>([
  [[], 'registry.example/auditseal:0.1.0'],
  [['image.repository=auditseal', 'image.registry=mirror.example'], 'mirror.example/auditseal:0.1.0'],
  [
    [
      'image.repository=team/auditseal',
      'image.registry=mirror.example',
      'global.imageRegistry=other.example:5000',
    ],
    'other.example:5000/team/auditseal:0.1.0',
  ],
])('%j is the image %s', async (set, image) => {
  expect(at(one(await rendered(...set), 'DaemonSet'), ...pod, 'containers', 0, 'image')).toBe(image);
});

test('every object is in the namespace that takes the place of the release’s', async () => {
  const objects = await rendered(...everything, 'namespaceOverride=elsewhere');
  const places = objects.map((object) => [object.kind, at(object, 'metadata', 'namespace')]);
  expect(places.length).toBeGreaterThan(10);
  expect(places.filter(([, namespace]) => namespace !== 'elsewhere')).toEqual([]);
});

test('the DaemonSet has annotations, a bounded history, and probes that can be tuned, not redirected', async () => {
  const daemonSet = one(
    await rendered(
      'daemonSetAnnotations.team=platform',
      'revisionHistoryLimit=7',
      'probes.liveness.periodSeconds=60',
      'probes.liveness.httpGet.path=/elsewhere',
    ),
    'DaemonSet',
  );
  expect(at(daemonSet, 'metadata', 'annotations')).toEqual({ team: 'platform' });
  expect(at(daemonSet, 'spec', 'revisionHistoryLimit')).toBe(7);
  expect(at(daemonSet, ...pod, 'containers', 0, 'livenessProbe')).toEqual({
    httpGet: { path: '/healthz', port: 'metrics' },
    periodSeconds: 60,
    timeoutSeconds: 10,
    failureThreshold: 4,
  });
});

test.each([
  ['podMonitor', 'PodMonitor', 'podMetricsEndpoints'],
  ['serviceMonitor', 'ServiceMonitor', 'endpoints'],
])('%s has a timeout and further relabelings', async (value, kind, endpoints) => {
  const objects = await rendered(
    `metrics.${value}.enabled=true`,
    `metrics.${value}.scrapeTimeout=10s`,
    `metrics.${value}.relabelings[0].targetLabel=cluster`,
    `metrics.${value}.relabelings[0].replacement=prod`,
    `metrics.${value}.metricRelabelings[0].action=drop`,
  );
  expect(at(one(objects, kind), 'spec', endpoints, 0)).toMatchObject({
    scrapeTimeout: '10s',
    relabelings: [{ targetLabel: 'node' }, { targetLabel: 'cluster', replacement: 'prod' }],
    metricRelabelings: [{ action: 'drop' }],
  });
});

test('further objects are rendered as templates', async () => {
  const more = { apiVersion: 'v1', kind: 'Secret', metadata: { name: '{{ .Release.Name }}-more' } };
  const values = ['--set', least, '--set-json', `extraObjects=${JSON.stringify([more])}`];
  const objects = objectsOf(await template(helm, ...values));
  expect(at(one(objects, 'Secret'), 'metadata', 'name')).toMatch(/.-more$/u);
});

test('the setup job has volumes of one’s own, as the agents and the CronJobs have', async () => {
  const objects = await rendered(...everything, ...extra(''), ...extra('setup.'), ...extra('verify.'));
  const pods = [
    at(one(objects, 'DaemonSet'), ...pod),
    at(one(objects, 'Job'), ...pod),
    at(one(objects, 'CronJob', '-verify'), 'spec', 'jobTemplate', ...pod),
  ];
  for (const each of pods) {
    expect(at(each, 'volumes')).toContainEqual({ name: 'more', configMap: { name: 'ca' } });
    expect(at(each, 'containers', 0, 'volumeMounts')).toContainEqual({ name: 'more', mountPath: '/more' });
  }
});

describe('the network policy', () => {
  test('lets the namespace monitoring scrape, or whom the values name, or anybody', async () => {
    expect((await rules()).scrape).toEqual(named('monitoring'));
    expect((await rules('networkPolicy.metricsPeers=null')).scrape).toBeUndefined();
  });

  test.each<[string, string[], object[] | undefined]>([
    ['an address', ['elasticsearch.url=https://10.1.2.3:9200'], [ipBlock('10.1.2.3/32')]],
    ['a name, of which nobody knows the address', ['elasticsearch.url=https://es.example:9200'], undefined],
    ['what begins like an address', ['elasticsearch.url=https://10.1.2.3.example:9200'], undefined],
    [
      'addresses',
      ['elasticsearch.url=', 'elasticsearch.urls={https://10.1.2.3:9200,https://10.1.2.4:9200}'],
      [ipBlock('10.1.2.3/32'), ipBlock('10.1.2.4/32')],
    ],
    [
      'a name beside an address',
      ['elasticsearch.url=', 'elasticsearch.urls={https://10.1.2.3:9200,https://es.example:9200}'],
      undefined,
    ],
    [
      'the proxy in place of the URL',
      ['elasticsearch.url=https://es.example', 'config.elasticsearch.proxy=http://10.9.9.9:3128'],
      [ipBlock('10.9.9.9/32')],
    ],
    [
      'peers of one’s own',
      ['elasticsearch.url=https://10.1.2.3', 'networkPolicy.elasticsearchPeers[0].ipBlock.cidr=10.0.0.0/8'],
      [ipBlock('10.0.0.0/8')],
    ],
  ])('lets out to %s', async (_name, set, to) => {
    expect((await rules(...set)).elasticsearch).toEqual(to);
  });
});

describe('the Grafana dashboard', () => {
  test('is in a ConfigMap with the label that Grafana’s sidecar looks for', async () => {
    expect((await rendered()).map(({ kind }) => kind)).not.toContain('PodMonitor');
    const map = one(await rendered(...everything), 'ConfigMap', '-dashboard');
    expect(at(map, 'metadata', 'labels', 'grafana_dashboard')).toBe('1');
    expect(JSON.parse(String(at(map, 'data', 'auditseal.json')))).toEqual(grafanaDashboard());
  });

  test('is what write.ts makes: run `node test/platform/charts/write.ts`', () => {
    const text = readFileSync(join(chart, 'files/grafana-dashboard.json'), 'utf8');
    expect(JSON.parse(text)).toEqual(grafanaDashboard());
  });

  test('has no two panels in one place, and none outside', () => {
    const panels = at(grafanaDashboard(), 'panels') as {
      gridPos: { h: number; w: number; x: number; y: number };
    }[];
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});

test('who is told of matches is in the configuration, with files of a Secret and a way out of the network', async () => {
  const endpoints = [
    ['name=chat', 'type=slack', 'urlFile=/etc/auditseal/notifications/url'],
    ['name=am', 'type=alertmanager', 'url=http://am.monitoring:9093', 'allowPrivateAddresses=true'],
  ].flatMap((keys, i) => keys.map((key) => `notifications.endpoints[${i}].${key}`));
  const objects = await rendered('notifications.existingSecret=told', ...endpoints);
  const text = at(one(objects, 'ConfigMap'), 'data', 'auditseal.yaml');
  const config = parseConfig('auditseal.yaml', String(text));
  expect(config.notifications.endpoints.map(({ name, type }) => [name, type])).toEqual([
    ['chat', 'slack'],
    ['am', 'alertmanager'],
  ]);
  const spec = at(one(objects, 'DaemonSet'), ...pod);
  expect(at(spec, 'volumes')).toContainEqual({
    name: 'notifications',
    secret: expect.objectContaining({ secretName: 'told' }) as unknown,
  });
  const egress = at(one(objects, 'NetworkPolicy'), 'spec', 'egress');
  expect(egress).toContainEqual({
    ports: [
      { port: 443, protocol: 'TCP' },
      { port: 9093, protocol: 'TCP' },
    ],
  });
  expect(JSON.stringify(await rendered())).not.toContain('notifications');
});
