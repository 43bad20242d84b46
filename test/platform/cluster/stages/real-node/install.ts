import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keepEverything } from '../../../../kit/agent/index.ts';
import type { Cluster } from '../../cluster.ts';
import { namespace, release } from '../../helm.ts';
import type { Images } from '../../images.ts';
import { makeKeys, securedUrl } from '../../keys.ts';
import { isReady } from '../../pods.ts';
import type { RealNode } from '../../real-node.ts';
import { values } from '../scheduling.ts';
import { nodeName, onlyPod, seconds, stream } from './place.ts';

/** A node with a real kubelet, the only one of the cluster, that has the first image. */
export async function prepare({ report, plane }: Cluster, node: RealNode, images: Images): Promise<void> {
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

/** The first version, with keys that may do what they should and nothing else. */
export async function install({ report, plane, helm, settings }: Cluster): Promise<void> {
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
