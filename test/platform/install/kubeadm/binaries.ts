import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../../../../bench/loss/build.ts';
import { build, buildCommands, folderOf } from '../../cluster/binaries.ts';
import type { Binaries } from '../../cluster/binaries.ts';

/** What `kubeadm config images list` of {@link kubernetesVersion} names. */
export const etcdVersion = '3.6.6';
export const corednsVersion = 'v1.13.1';

const etcdMain = `package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
`;

/** Paths of programs, static. */
export interface KubeadmBinaries extends Binaries {
  kubeadm: string;
  'kube-proxy': string;
  coredns: string;
}

/**
 * What kubeadm's cluster consists of beside what test:cluster builds: minutes the first time, nothing afterwards.
 *
 * @throws where something cannot be built
 */
export async function buildKubeadmBinaries(binaries: Binaries): Promise<KubeadmBinaries> {
  const kubernetes = await buildCommands('kubeadm', ['kubeadm', 'kube-proxy']);
  const etcd = await folderOf('etcd-static', [etcdVersion, etcdMain], async (folder) => {
    await writeFile(join(folder, 'main.go'), etcdMain);
    await buildModule(folder, 'etcd', `go.etcd.io/etcd/server/v3@v${etcdVersion}`, '.');
  });
  const coredns = await folderOf('coredns', [corednsVersion], async (folder) => {
    const module = 'github.com/coredns/coredns';
    await buildModule(folder, 'coredns', `${module}@${corednsVersion}`, module);
  });
  return {
    ...binaries,
    kubeadm: join(kubernetes, 'kubeadm'),
    'kube-proxy': join(kubernetes, 'kube-proxy'),
    etcd: join(etcd, 'etcd'),
    coredns: join(coredns, 'coredns'),
  };
}

async function buildModule(folder: string, name: string, module: string, what: string): Promise<void> {
  await command(folder, 'go', 'mod', 'init', `auditseal/test/${name}`);
  await command(folder, 'go', 'get', module);
  await build(folder, '-s -w', name, what);
}
