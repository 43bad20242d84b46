import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { forward } from './forward.ts';
import { demand } from './processes.ts';
import type { Settings } from './settings.ts';

/** The node's own address: not loopback, which a kubelet refuses, and the same from within its pods. */
export const nodeAddress = '10.99.0.1';
export const elasticsearchUrl = `http://${nodeAddress}:9200`;
export const server = 'https://127.0.0.1:6443';

/** Folders of a node that are our own in these namespaces: the machine's are hidden by them, and untouched. */
const ownFolders = ['/var/log', '/var/lib', '/run'];
const ofClusters = new Set(['kubernetes', 'cni', 'rancher', 'containerd']);

/**
 * Makes the namespaces into a node of test:cluster: {@link becomeMachine}, with its address, our audit policy, and Elasticsearch at
 * {@link elasticsearchUrl}.
 */
export async function becomeNode({ work, elasticsearchSocket }: Settings, hostName: string): Promise<void> {
  await becomeMachine(work, hostName);
  await demand(['ip', 'address', 'add', `${nodeAddress}/32`, 'dev', 'lo']);
  await mkdir('/etc/kubernetes');
  const policy = join(import.meta.dirname, '../../../manifests/audit-policy.yaml');
  await cp(policy, '/etc/kubernetes/policy.yaml');
  await forward({ host: nodeAddress, port: 9200 }, { path: elasticsearchSocket });
}

/**
 * Makes the namespaces into a machine: its own network, host name, /var/log, /var/lib, /run and /etc, so that every path is the one
 * of the manifests. Nothing of it is left when the namespaces end. Only to be called within them (namespaces.ts makes them).
 *
 * @param work a temporary folder for what the machine writes
 */
export async function becomeMachine(work: string, hostName: string): Promise<void> {
  await demand(['ip', 'link', 'set', 'lo', 'up']);
  await demand(['hostname', hostName]);
  for (const folder of ownFolders) {
    const own = join(work, 'host', folder);
    await mkdir(own, { recursive: true });
    await demand(['mount', '--bind', own, folder]);
  }
  await ownEtc(work);
}

/** /etc with everything in it but what belongs to a cluster, and folders that can be added to. */
async function ownEtc(work: string): Promise<void> {
  const machines = join(work, 'host/machines-etc');
  await mkdir(machines, { recursive: true });
  await demand(['mount', '--rbind', '/etc', machines]);
  await demand(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'etc', '/etc']);
  for (const name of await readdir(machines)) {
    if (ofClusters.has(name)) continue;
    await symlink(join(machines, name), join('/etc', name));
  }
}
