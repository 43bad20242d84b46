import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeImage } from '../../../cluster/image-archive.ts';
import { writePauseImage } from '../../../cluster/pause-image.ts';
import { demand } from '../../../cluster/processes.ts';
import type { KubeadmBinaries } from '../../kubeadm/binaries.ts';
import { writeKubeadmImages } from '../../kubeadm/images.ts';
import type { KindPrograms } from '../programs.ts';
import { filesOf } from './debian.ts';

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const networkScript = join(import.meta.dirname, 'pods-network.sh');
const networkPrograms = [
  ...['bash', 'cat', 'curl', 'jq', 'mv', 'sleep'].map((name) => `/usr/bin/${name}`),
  '/usr/sbin/ip',
  '/usr/sbin/iptables',
];

/** What a node image holds, under the names that this kind and this kubeadm ask for: name → archive. */
export async function writeNodeImages(
  work: string,
  root: string,
  { binaries, programs }: { binaries: KubeadmBinaries; programs: KindPrograms },
): Promise<Record<string, string>> {
  await mkdir(work);
  const names = await namesOfKind(programs.sources);
  const shell = await filesOf(root, networkPrograms);
  const extensions = (await demand(['chroot', root, 'sh', '-c', 'ls -d /usr/lib/*/xtables'])).trim();
  const network = await writeImage(work, {
    reference: names.network,
    files: { ...shell, [extensions]: join(root, extensions), '/network': networkScript },
    config: { Env: [path], Entrypoint: ['bash', '/network'] },
  });
  const storage = await writeImage(work, {
    reference: names.storage,
    files: { '/usr/local/bin/local-path-provisioner': programs.localPathProvisioner },
    config: { Env: [path] },
  });
  const helper = await writeImage(work, {
    reference: names.storageHelper,
    files: shell,
    config: { Env: [path] },
  });
  return {
    ...(await writeKubeadmImages(work, binaries)),
    [names.pause]: await writePauseImage(binaries.pause, work, names.pause),
    [names.network]: network,
    [names.storage]: storage,
    [names.storageHelper]: helper,
  };
}

/** As kind's sources say them. */
async function namesOfKind(sources: string) {
  const find = async (file: string, pattern: RegExp) => {
    const name = pattern.exec(await readFile(join(sources, file), 'utf8'))?.[1];
    if (name === undefined) throw new Error(`${file} of kind has no ${String(pattern)}`);
    return name;
  };
  const storage = 'pkg/build/nodeimage/const_storage.go';
  return {
    pause: await find('images/base/files/etc/containerd/config.toml', /sandbox_image = "(.+)"/u),
    network: await find('pkg/build/nodeimage/const_cni.go', /kindnetdImage = "(.+)"/u),
    storage: await find(storage, /storageProvisionerImage = "(.+)"/u),
    storageHelper: await find(storage, /storageHelperImage = "(.+)"/u),
  };
}
