import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demandContainerd } from '../../cluster/containerd.ts';
import { demand } from '../../cluster/processes.ts';
import type { Machine } from '../machine.ts';
import type { Platform } from '../platform.ts';
import { k3sRoute } from './routes.ts';
import { K3sStandIn } from './stand-in.ts';
import { addUnit } from './unit.ts';

/** What a hardened k3s has: a list of its own, with a flag that ours has, too. */
const hardened = `write-kubeconfig-mode: "0600"
kube-apiserver-arg:
  - request-timeout=300s
  - audit-log-maxage=60
`;

const differences: readonly string[] = [
  'no k3s: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubelet of Kubernetes, with containerd and runc, where k3s has its configuration, its folders and its kubeconfig; they read config.yaml and config.yaml.d as the documentation of k3s says',
  'in place of systemd a script that restarts these, in place of sudo one that clears the environment, in place of k3s ctr containerd’s own ctr',
  'what k3s brings along is missing: its network, its network policies, its DNS and its load balancer',
  'cgroups of version 1 are taken, and none made for classes of pods',
];

/** The guide's commands for k3s, on what k3s is made of. */
export const k3s: Platform = {
  routes: [k3sRoute],
  prepare: async () => {
    await demandContainerd();
    return {};
  },
  start: async (machine) => {
    const { report, person, settings } = machine;
    report.skip('k3s itself', 'it is not built here; see “this machine” at the end for what takes its place');
    await mkdir('/etc/rancher/k3s', { recursive: true });
    await writeFile('/etc/rancher/k3s/config.yaml', hardened);
    await report.claim(
      'a node with the label of a k3s server and no taint, without an audit log',
      async () => {
        const standIn = await K3sStandIn.start(machine);
        await addUnit(person, join(settings.work, 'k3s.sock'), () => standIn.restart());
        return await standIn.node();
      },
    );
    return {
      auditLog: '/var/lib/rancher/k3s/server/logs/audit.log',
      differences,
      settle: async () => await checkFlags(machine),
    };
  },
};

/** The merge, as the process has it. */
async function checkFlags({ report }: Machine): Promise<void> {
  await report.claim(
    "the real apiserver runs with the flags of the owner's config.yaml, and with ours behind",
    async () => {
      const flags = (await demand(['ps', '-C', 'kube-apiserver', '-o', 'args=', '-ww'])).trim().split(' ');
      const own = flags.indexOf('--audit-log-maxage=60');
      assert.ok(own > 0 && flags.includes('--request-timeout=300s'));
      assert.ok(flags.indexOf('--audit-log-maxage=30') > own);
      return flags.slice(own - 1).join(' ');
    },
  );
}
