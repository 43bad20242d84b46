import type { KubernetesObject, Scene } from '../scene.ts';

const env = [
  'DB_PASSWORD',
  'API_TOKEN',
  'awsSecretAccessKey',
  'CLIENT_SECRET',
  'REDIS_PASS',
  'STORAGE_CONNECTION_STRING',
];
const cron = { schedule: '0 0 1 1 *' };
const selector = { matchLabels: { app: 'a' } };

/** Pods, and what makes pods. */
export async function pods(scene: Scene): Promise<void> {
  const template = (kind: string) => ({ metadata: { labels: { app: 'a' } }, spec: podSpec(scene, kind) });
  const job = (kind: string) => {
    const made = template(kind);
    return { template: { ...made, spec: { ...made.spec, restartPolicy: 'Never' } } };
  };
  const kinds: [string, KubernetesObject][] = [
    [
      'pods',
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { annotations: annotations(scene) },
        spec: podSpec(scene, 'Pod'),
      },
    ],
    ['podtemplates', { apiVersion: 'v1', kind: 'PodTemplate', template: template('PodTemplate') }],
    [
      'replicationcontrollers',
      {
        apiVersion: 'v1',
        kind: 'ReplicationController',
        spec: { selector: { app: 'a' }, template: template('ReplicationController') },
      },
    ],
    [
      'deployments',
      { apiVersion: 'apps/v1', kind: 'Deployment', spec: { selector, template: template('Deployment') } },
    ],
    [
      'statefulsets',
      {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        spec: { selector, serviceName: 'a', template: template('StatefulSet') },
      },
    ],
    ['jobs', { apiVersion: 'batch/v1', kind: 'Job', spec: job('Job') }],
    [
      'cronjobs',
      { apiVersion: 'batch/v1', kind: 'CronJob', spec: { ...cron, jobTemplate: { spec: job('CronJob') } } },
    ],
  ];
  for (const [resource, object] of kinds) await scene.create(resource, object);
}

function podSpec(scene: Scene, kind: string) {
  const mint = (place: string, stays?: string) =>
    scene.mint(`${kind} ${place}`, stays === undefined ? {} : { stays });
  const byName = env.map((name) => ({ name, value: mint(`env ${name}`) }));
  const whole = kind === 'Pod' || kind === 'Deployment';
  const containers = [
    container('a', {
      env: byName,
      args: ['--mode=x', `--password=${mint('args --password=')}`, '--token', mint('args --token')],
    }),
  ];
  if (!whole) return { containers };
  const header = [{ name: 'Authorization', value: `Bearer ${mint('httpHeaders Authorization')}` }];
  return {
    containers: [
      ...containers,
      container('b', {
        env: [
          { name: 'DATABASE_URL', value: `postgres://app:${mint('env DATABASE_URL')}@db.example/a` },
          { name: 'DSN', value: `Server=db;User=app;Password=${mint('env with Password=')};` },
          { name: 'SETTINGS', value: JSON.stringify({ api: { apiKey: mint('env with JSON') } }) },
          {
            name: 'MODE',
            value: mint('env of a neutral name', 'name and form say nothing; redact.environment: all'),
          },
        ],
        command: [
          'sh',
          '-c',
          `export DB_PASSWORD=${mint('command sh -c')}; exec run ${mint('command neutral', 'an argument without a name')}`,
        ],
        livenessProbe: {
          httpGet: { path: `/live?token=${mint('probe path ?token=')}`, port: 80, httpHeaders: header },
        },
        lifecycle: {
          preStop: {
            exec: { command: ['curl', '-u', `me:${mint('lifecycle curl -u')}`, 'https://a.example'] },
          },
        },
      }),
    ],
    initContainers: [
      container('i', { env: [{ value: mint('initContainers env, value first'), name: 'SSH_KEY' }] }),
    ],
    volumes: [
      {
        name: 'v',
        csi: { driver: 'csi.example', volumeAttributes: { password: mint('csi volumeAttributes') } },
      },
    ],
  };
}

function annotations(scene: Scene): Record<string, string> {
  const mint = (place: string, stays?: string) =>
    scene.mint(`Pod ${place}`, stays === undefined ? {} : { stays });
  const applied = {
    kind: 'Pod',
    spec: { containers: [{ env: [{ name: 'DB_PASSWORD', value: mint('last-applied-configuration') }] }] },
  };
  return {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied),
    'vault.example/api-token': mint('annotation by its name'),
    'cloud-init.example/user-data': `#cloud-config\npassword: ${mint('annotation cloud-init')}\nchpasswd: { expire: False }\n`,
    'note.example/text': mint('annotation of a neutral name', 'name and form say nothing'),
  };
}

function container(name: string, values: object) {
  return { name, image: 'registry.example/a:1', ...values };
}
