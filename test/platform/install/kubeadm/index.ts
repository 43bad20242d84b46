import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { binariesSchema, kubernetesVersion } from '../../cluster/binaries.ts';
import { demandContainerd } from '../../cluster/containerd.ts';
import type { Machine } from '../machine.ts';
import type { Platform } from '../platform.ts';
import { apiserverManifest, auditLog, podHash, proveAuditing, startAuditing } from './auditing.ts';
import { buildKubeadmBinaries } from './binaries.ts';
import { writeKubeadmImages } from './images.ts';
import { differences, prepareNode } from './node.ts';
import { settle } from './settle.ts';
import { auditingCluster, existingCluster, ignoredCheck, newCluster } from './routes.ts';

const preparedSchema = z.object({
  binaries: binariesSchema.extend({ kubeadm: z.string(), 'kube-proxy': z.string(), coredns: z.string() }),
  images: z.record(z.string(), z.string()),
});

/** A whole `kubeadm init`, by the real kubeadm, kubelet and containerd. */
export const kubeadm: Platform = {
  routes: [newCluster, existingCluster, auditingCluster],
  prepare: async (work, binaries) => {
    await demandContainerd();
    const all = await buildKubeadmBinaries(binaries);
    return { binaries: all, images: await writeKubeadmImages(work, all) };
  },
  start: async (machine, prepared, route) => {
    const { binaries, images } = preparedSchema.parse(prepared);
    await machine.report.claim('containerd runs, with every image that this kubeadm asks for', async () => {
      await prepareNode(machine, binaries, images);
      return Object.keys(images).join(', ');
    });
    if (route !== newCluster) await makeCluster(machine);
    let hash = '';
    if (route === auditingCluster) {
      await startAuditing(machine);
      hash = await podHash(machine.person);
    }
    return {
      auditLog: route === auditingCluster ? auditLog : '/var/log/kubernetes/audit.log',
      differences,
      settle: async () => {
        await settle(machine);
        if (route === existingCluster) await upgrade(machine);
        if (route === auditingCluster) await proveAuditing(machine, hash);
      },
    };
  },
};

/** The cluster that exists: `kubeadm init` without our configuration. */
async function makeCluster({ report, person }: Machine): Promise<void> {
  await report.claim('a cluster exists, without an audit log: `kubeadm init`', async () => {
    await person.demand(`sudo kubeadm init ${ignoredCheck}`);
    await person.demand('mkdir -p ~/.kube && sudo cp /etc/kubernetes/admin.conf ~/.kube/config');
    // A cluster of a few seconds has none yet, and then its API refuses every pod.
    await person.demand('kubectl -n kube-system wait --for=create serviceaccount/default --timeout=300s');
    return await person.demand('kubectl get nodes');
  });
}

/** What the guide says of an upgrade. To the same version, by force: another is not built. */
async function upgrade({ report, person }: Machine): Promise<void> {
  await report.claim(
    '`kubeadm upgrade apply --patches` keeps the static pod as the guide made it',
    async () => {
      const before = await readFile(apiserverManifest, 'utf8');
      const command = `sudo kubeadm upgrade apply ${kubernetesVersion} --force --patches /etc/kubernetes/patches`;
      await person.demand(`${command} ${ignoredCheck}`);
      assert.equal(await readFile(apiserverManifest, 'utf8'), before);
      return command;
    },
  );
}
