import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { kubernetesVersion } from '../../../cluster/binaries.ts';
import { demand } from '../../../cluster/processes.ts';
import type { KubeadmBinaries } from '../../kubeadm/binaries.ts';

/** The archives that a release of Kubernetes has, and that `kind build node-image` looks for. */
const ownArchives = ['kube-controller-manager', 'kube-scheduler', 'kube-proxy'];
const indexSchema = z.object({ schemaVersion: z.literal(2), manifests: z.array(z.unknown()) });

/**
 * Writes kubernetes-server-linux-ARCH.tar.gz, as a release of Kubernetes has it. All images that are no part of a release are in
 * kube-apiserver.tar, too, so that kind pulls none.
 *
 * @param images name → archive in the layout of the OCI image specification
 */
export async function writeRelease(
  work: string,
  images: Readonly<Record<string, string>>,
  binaries: KubeadmBinaries,
): Promise<string> {
  const folder = join(work, 'kubernetes/server/bin');
  await mkdir(folder, { recursive: true });
  await writeFile(join(work, 'kubernetes/version'), kubernetesVersion);
  for (const name of ['kubeadm', 'kubelet', 'kubectl'] as const)
    await copyFile(binaries[name], join(folder, name));
  const rest = new Map(Object.entries(images));
  for (const name of ownArchives) {
    const reference = [...rest.keys()].find((one) => one.includes(`/${name}:`))!;
    await joinImages(work, new Map([[reference, rest.get(reference)!]]), join(folder, `${name}.tar`));
    rest.delete(reference);
  }
  await joinImages(work, rest, join(folder, 'kube-apiserver.tar'));
  const release = join(work, 'kubernetes-server-linux.tar.gz');
  await demand(['tar', '-C', work, '-I', 'gzip -1', '-cf', release, 'kubernetes']);
  await rm(join(work, 'kubernetes'), { recursive: true });
  return release;
}

/** One archive of several, with the file in front in which kind looks for the names (of Docker's image specification 1.0). */
async function joinImages(work: string, images: ReadonlyMap<string, string>, to: string): Promise<void> {
  const layout = join(work, 'layout');
  await mkdir(layout);
  const manifests: unknown[] = [];
  const repositories: Record<string, Record<string, string>> = {};
  for (const [reference, archive] of images) {
    await demand(['tar', '-C', layout, '-xf', archive]);
    manifests.push(
      ...indexSchema.parse(JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'))).manifests,
    );
    const [, name, tag] = /^(.+):([^:]+)$/u.exec(reference)!;
    repositories[name!] = { [tag!]: '' };
  }
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  await writeFile(join(layout, 'repositories'), JSON.stringify(repositories));
  await demand(['tar', '-C', layout, '-cf', to, 'repositories', 'oci-layout', 'index.json', 'blobs']);
  await rm(layout, { recursive: true });
}
