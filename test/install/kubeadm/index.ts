import { z } from 'zod';
import { binariesSchema } from '../../cluster/binaries.ts';
import { demandContainerd } from '../../cluster/containerd.ts';
import type { Machine } from '../machine.ts';
import type { Platform } from '../platform.ts';
import { buildKubeadmBinaries } from './binaries.ts';
import { writeKubeadmImages } from './images.ts';
import { differences, prepareNode } from './node.ts';
import { settle } from './settle.ts';
import { existingCluster, ignoredCheck, newCluster } from './routes.ts';

const preparedSchema = z.object({
  binaries: binariesSchema.extend({ kubeadm: z.string(), 'kube-proxy': z.string(), coredns: z.string() }),
  images: z.record(z.string(), z.string()),
});

/** A whole `kubeadm init`, by the real kubeadm, kubelet and containerd. */
export const kubeadm: Platform = {
  routes: [newCluster, existingCluster],
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
    if (route === existingCluster) await makeCluster(machine);
    return {
      auditLog: '/var/log/kubernetes/audit.log',
      differences,
      settle: async () => await settle(machine),
    };
  },
};

/** The cluster that exists: `kubeadm init` without our configuration. */
async function makeCluster({ report, person }: Machine): Promise<void> {
  await report.claim('a cluster exists, without an audit log: `kubeadm init`', async () => {
    await person.demand(`sudo kubeadm init ${ignoredCheck}`);
    await person.demand('mkdir -p ~/.kube && sudo cp /etc/kubernetes/admin.conf ~/.kube/config');
    return await person.demand('kubectl get nodes');
  });
}
