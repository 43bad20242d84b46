import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { kubernetesVersion } from '../../cluster/binaries.ts';
import { writeImage } from '../../cluster/image-archive.ts';
import { demand } from '../../cluster/processes.ts';
import { Unavailable } from '../../cluster/report.ts';
import type { KubeadmBinaries } from './binaries.ts';

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Name → archive. */
export type Images = Record<string, string>;

/**
 * Every image that this kubeadm asks for, under the name that it asks for, of the real programs: no registry is in reach.
 *
 * @throws for one that this test does not know, and where Debian's iptables is missing
 */
export async function writeKubeadmImages(work: string, binaries: KubeadmBinaries): Promise<Images> {
  const folder = join(work, 'images');
  await mkdir(folder);
  const list = await demand([
    binaries.kubeadm,
    'config',
    'images',
    'list',
    '--kubernetes-version',
    kubernetesVersion,
  ]);
  const images: Images = {};
  for (const reference of list.trim().split('\n')) {
    const name = /([^/:]+):[^/]+$/u.exec(reference)![1]!;
    images[reference] = await writeImage(folder, { reference, ...(await contentOf(name, binaries)) });
  }
  return images;
}

async function contentOf(name: string, binaries: KubeadmBinaries) {
  switch (name) {
    case 'kube-apiserver':
    case 'kube-controller-manager':
    case 'kube-scheduler':
    case 'etcd':
      return { files: { [`/usr/local/bin/${name}`]: binaries[name] }, config: { Env: [path] } };
    case 'kube-proxy': {
      const files = { ...(await iptablesFiles()), '/usr/local/bin/kube-proxy': binaries[name] };
      return { files, config: { Env: [path] } };
    }
    case 'coredns':
      return { files: { '/coredns': binaries.coredns }, config: { Entrypoint: ['/coredns'] } };
    case 'pause':
      return { files: { '/pause': binaries.pause }, config: { Entrypoint: ['/pause'] } };
    default:
      throw new Error(`kubeadm asks for an image ${name} that this test does not know`);
  }
}

/** kube-proxy calls iptables, which all of its names are links to one program of; with its libraries and its folder of extensions. */
async function iptablesFiles(): Promise<Record<string, string>> {
  const program = await demand(['sh', '-c', 'readlink -f "$(command -v iptables-nft)"']).catch(() => {
    throw new Unavailable('iptables is missing: apt-get install iptables');
  });
  const multi = program.trim();
  const names = ['iptables', 'ip6tables'].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);
  const extensions = (await demand(['sh', '-c', 'ls -d /usr/lib/*/xtables'])).trim();
  // The extensions have libraries of their own: `statistic`, which chooses between two pods, needs libm.
  const libraries = (await demand(['sh', '-c', `ldd ${multi} ${extensions}/*.so`])).matchAll(
    /(\/\S+)(?= \(0x)/gu,
  );
  return {
    ...Object.fromEntries(names.map((name) => [`/usr/sbin/${name}`, multi])),
    ...Object.fromEntries([...libraries].map(([library]) => [library, library])),
    [extensions]: extensions,
  };
}
