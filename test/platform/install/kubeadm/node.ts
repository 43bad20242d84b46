import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { containerdSocket, importImage, routed, startContainerd } from '../../cluster/containerd.ts';
import type { Machine } from '../machine.ts';
import { addSystemctl } from '../systemctl.ts';
import type { KubeadmBinaries } from './binaries.ts';
import type { Images } from './images.ts';

const dropIns = '/etc/kubelet.conf.d';

export const differences: readonly string[] = [
  'in place of systemd a script that runs the unit of the package kubelet, with the drop-in of the package kubeadm; in place of sudo one that clears the environment',
  `/etc/default/kubelet has --config-dir=${dropIns}: cgroupfs instead of systemd's cgroups, version 1 of them taken, none made for classes of pods (cgroupsPerQOS, enforceNodeAllocatable), no oom_score_adj below 0, no eviction for the machine's full disk`,
  'the images that kubeadm asks for hold the programs of their modules, built here; no registry is in reach',
  'kube-proxy leaves the size of the table of connections alone (conntrack.maxPerCore: 0), which no network namespace but the first may set',
  'the network of pods is the CNI plugin ptp; a user takes one of their own',
];

/** What a machine has before `kubeadm init`: containerd, the packages kubelet and kubeadm, a CNI network, the images. */
export async function prepareNode(
  machine: Machine,
  binaries: KubeadmBinaries,
  images: Images,
): Promise<void> {
  const { processes, person, settings } = machine;
  const pauseImage = Object.keys(images).find((name) => name.includes('/pause:'))!;
  await startContainerd(processes, { work: settings.work, pauseImage, network: routed });
  for (const archive of Object.values(images)) await importImage(archive);
  await person.linkProgram('kubeadm', binaries.kubeadm);
  await person.linkProgram('kubelet', binaries.kubelet);
  await mkdir(dropIns);
  await writeFile(join(dropIns, '10-machine.conf'), stringify(kubeletConfig));
  await mkdir('/etc/kubernetes/manifests', { recursive: true });
  await addSystemctl(person, join(settings.work, 'units'), { kubelet: kubeletUnit });
}

/** As the package of kubeadm has it: kubernetes/release, cmd/krel/templates/latest/kubeadm/10-kubeadm.conf. */
const kubeletUnit = `KUBELET_KUBEADM_ARGS=
[ -e /var/lib/kubelet/kubeadm-flags.env ] && . /var/lib/kubelet/kubeadm-flags.env
kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf \\
  --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS --config-dir=${dropIns}`;

const kubeletConfig = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  containerRuntimeEndpoint: `unix://${containerdSocket}`,
  cgroupDriver: 'cgroupfs',
  cgroupsPerQOS: false,
  enforceNodeAllocatable: [],
  failCgroupV1: false,
  failSwapOn: false,
  oomScoreAdj: 0,
  imageGCHighThresholdPercent: 100,
  // Merged with the defaults, which look at the machine's disk.
  evictionHard: {
    'memory.available': '50Mi',
    'nodefs.available': '0%',
    'nodefs.inodesFree': '0%',
    'imagefs.available': '0%',
    'imagefs.inodesFree': '0%',
  },
};
