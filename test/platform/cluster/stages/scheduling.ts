import assert from 'node:assert/strict';
import { until } from '../../../kit/agent/index.ts';
import type { Cluster } from '../cluster.ts';
import { administratorKey } from '../keys.ts';
import { namespace, release } from '../helm.ts';
import { elasticsearchUrl } from '../host.ts';
import { repository } from '../images.ts';
import { nodes, register } from '../nodes.ts';
import { podsOf } from '../pods.ts';
import type { Pod } from '../pods.ts';

/** As a kubeadm user would: what has to be set, and nothing else but what the embedded Elasticsearch wants. */
export const values = [
  'cluster=kubernetes',
  `image.repository=${repository}`,
  `elasticsearch.url=${elasticsearchUrl}`,
  'elasticsearch.existingSecret=auditseal-elasticsearch',
  'config.elasticsearch.codec=default',
  // The embedded Elasticsearch has no TLS.
  'config.elasticsearch.allowPlaintext=true',
  // So that what is written and what arrives can be compared byte for byte.
  'config.redact.enabled=false',
];

/** helm installs it, the controller manager makes the pods, the scheduler binds them. */
export async function checkScheduling(cluster: Cluster): Promise<void> {
  const { report, plane, helm } = cluster;
  await report.stage('Where the pods land, and what they are, as the apiserver has them', async () => {
    for (const node of nodes) await register(plane.admin, node);
    const key = await administratorKey(elasticsearchUrl, 'agents');
    const secret = [
      'create',
      'secret',
      'generic',
      'auditseal-elasticsearch',
      `--from-literal=api-key=${key}`,
    ];
    await plane.admin.demand('-n', namespace, ...secret);
    await report.claim(
      'helm install needs the name of the cluster, the image, the URL and the name of a Secret',
      async () => {
        const notes = await helm.apply('install', values);
        assert.match(notes, /STATUS: deployed/u);
      },
    );
    const wanted = nodes.filter(({ takes }) => takes).map(({ name }) => name);
    await until(
      async () => (await bound(cluster)).length >= wanted.length,
      () => `not all pods are bound\n${plane.processes.tail('kube-scheduler')}`,
    );
    await report.claim('the pods land on the control-plane nodes, and on those alone', async () => {
      const pods = await bound(cluster);
      assert.deepEqual(pods.map(({ spec }) => String(spec.nodeName)).toSorted(), wanted.toSorted());
      assert.equal((await podsOf(plane.admin, namespace)).length, pods.length);
      return nodes.map(({ name, what, takes }) => `${takes ? '' : 'not '}${name} (${what})`).join(', ');
    });
    const pods = await bound(cluster);
    await checkPod(
      cluster,
      pods.find(({ spec }) => spec.nodeName === 'control-plane-1')!,
    );
  });
}

async function bound({ plane }: Cluster): Promise<Pod[]> {
  const pods = await podsOf(plane.admin, namespace, `app.kubernetes.io/instance=${release}`);
  return pods.filter(({ spec }) => spec.nodeName !== undefined);
}

async function checkPod({ report }: Cluster, { spec }: Pod): Promise<void> {
  const [container] = spec.containers;
  await report.claim(
    'mounted are the log, read-only by its folder, the state, the configuration and the key, no more',
    () => {
      const mounts = container.volumeMounts.map(({ mountPath, readOnly, name }) => {
        const volume = spec.volumes.find((one) => one.name === name)!;
        return `${mountPath} ${readOnly ? 'ro' : 'rw'} ${Object.keys(volume).find((key) => key !== 'name')}`;
      });
      assert.deepEqual(mounts.toSorted(), [
        '/etc/auditseal/auditseal.yaml ro configMap',
        '/etc/auditseal/elasticsearch ro secret',
        '/var/lib/auditseal rw hostPath',
        '/var/log/kubernetes ro hostPath',
      ]);
      return mounts.join(', ');
    },
  );
  await report.claim(
    'no token of the service account is mounted, and no namespace of the host is shared',
    () => {
      assert.equal(spec['automountServiceAccountToken'], false);
      assert.doesNotMatch(
        JSON.stringify(spec),
        /serviceAccountToken|kube-api-access|host(?:Network|PID|IPC)/u,
      );
    },
  );
  await report.claim(
    'uid 0 without capabilities, no escalation, read-only root, the default seccomp profile',
    () => {
      assert.deepEqual(container.securityContext, {
        runAsUser: 0,
        runAsGroup: 0,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
        seccompProfile: { type: 'RuntimeDefault' },
      });
      assert.doesNotMatch(JSON.stringify(spec), /privileged|"add"/u);
    },
  );
  await report.claim('the priority that is evicted last, and no request of a port of the node', () => {
    assert.equal(spec['priorityClassName'], 'system-node-critical');
    assert.equal(spec['priority'], 2_000_001_000);
    assert.doesNotMatch(JSON.stringify(spec), /hostPort/u);
  });
  await report.claim('the tolerations are those of control planes, beside what every DaemonSet gets', () => {
    const own = spec.tolerations.filter(({ key }) => !key.startsWith('node.kubernetes.io/'));
    assert.deepEqual(own.map(({ key, operator }) => `${key} ${operator}`).toSorted(), [
      'CriticalAddonsOnly Exists',
      `node-role.kubernetes.io/control-plane Exists`,
      `node-role.kubernetes.io/etcd Exists`,
      `node-role.kubernetes.io/master Exists`,
    ]);
  });
}
