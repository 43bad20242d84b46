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

/**
 * Makes the namespaces into a node: its own network, host name, /var/log, /var/lib, /run and /etc/kubernetes, so that every path is the one
 * of the manifests. Nothing of it is left when the namespaces end. Only to be called within them (main.ts makes them).
 */
export async function becomeNode({ work, elasticsearchSocket }: Settings, hostName: string): Promise<void> {
  await demand(['ip', 'link', 'set', 'lo', 'up']);
  await demand(['ip', 'address', 'add', `${nodeAddress}/32`, 'dev', 'lo']);
  await demand(['hostname', hostName]);
  for (const folder of ownFolders) {
    const own = join(work, 'host', folder);
    await mkdir(own, { recursive: true });
    await demand(['mount', '--bind', own, folder]);
  }
  await ownEtc(work);
  await forward({ host: nodeAddress, port: 9200 }, { path: elasticsearchSocket });
}

/** /etc with everything in it, and folders that can be added to. */
async function ownEtc(work: string): Promise<void> {
  const machines = join(work, 'host/machines-etc');
  await mkdir(machines, { recursive: true });
  await demand(['mount', '--rbind', '/etc', machines]);
  await demand(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'etc', '/etc']);
  for (const name of await readdir(machines)) {
    if (name === 'kubernetes' || name === 'cni') continue;
    await symlink(join(machines, name), join('/etc', name));
  }
  await mkdir('/etc/kubernetes');
  const policy = join(import.meta.dirname, '../../manifests/audit-policy.yaml');
  await cp(policy, '/etc/kubernetes/policy.yaml');
}
