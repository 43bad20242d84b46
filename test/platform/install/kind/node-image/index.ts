import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderOf, kubernetesVersion } from '../../../cluster/binaries.ts';
import { removeCgroups, runInside, usableNamespaces } from '../../../cluster/namespaces.ts';
import { demand } from '../../../cluster/processes.ts';
import type { KubeadmBinaries } from '../../kubeadm/binaries.ts';
import { containerdPrograms } from '../programs.ts';
import type { KindPrograms } from '../programs.ts';
import { debianRecipe, makeDebian } from './debian.ts';
import { writeNodeImages } from './images.ts';
import { writeRelease } from './release.ts';

export const nodeImage = `kindest/node:${kubernetesVersion}`;
/** The Debian that the node image is made of, with socat; in the same archive. */
export const debianImage = 'localhost/node-debian:latest';

const sources = [
  'base.Dockerfile',
  'pods-network.sh',
  'images.ts',
  'release.ts',
  'inside.ts',
  '../../kubeadm/images.ts',
];

export interface BuildSettings {
  work: string;
  /** Archive of the Debian's root folder. */
  debian: string;
  /** Of base.Dockerfile. */
  context: string;
  release: string;
  kind: string;
  /** Where `docker save` writes {@link nodeImage} and {@link debianImage}. */
  archive: string;
}

/**
 * A node image by `kind build node-image`, whose base and images are made of Debian's packages and the Go module proxy's sources, since none
 * can be pulled. Minutes the first time, nothing afterwards. Returns the path of an archive for `docker load`.
 *
 * @throws where it cannot be built
 */
export async function buildNodeImage(made: {
  binaries: KubeadmBinaries;
  programs: KindPrograms;
}): Promise<string> {
  const texts = sources.map((name) => readFile(join(import.meta.dirname, name), 'utf8'));
  const { sources: kindSources, kind, containerd, localPathProvisioner } = made.programs;
  const programs = [...Object.values(made.binaries), kindSources, kind, containerd, localPathProvisioner];
  const from = [...(await Promise.all(texts)), ...debianRecipe, ...programs];
  const folder = await folderOf('kind-node', from, (at) => make(at, made));
  return join(folder, 'node.tar');
}

async function make(
  folder: string,
  made: { binaries: KubeadmBinaries; programs: KindPrograms },
): Promise<void> {
  const work = join(folder, 'work');
  const at = (name: string) => join(work, name);
  await mkdir(work);
  await makeDebian(at('root'));
  const images = await writeNodeImages(at('images'), at('root'), made);
  const release = await writeRelease(work, images, made.binaries);
  await demand(['tar', '-C', at('root'), '-cf', at('debian.tar'), '.']);
  await mkdir(at('context'));
  await cp(join(made.programs.sources, 'images/base/files'), at('context/files'), { recursive: true });
  await mkdir(at('context/containerd'));
  for (const name of containerdPrograms)
    await cp(join(made.programs.containerd, name), at(`context/containerd/${name}`));
  const settings: BuildSettings = {
    work,
    debian: at('debian.tar'),
    context: at('context'),
    release,
    kind: made.programs.kind,
    archive: join(folder, 'node.tar'),
  };
  await writeFile(at('settings.json'), JSON.stringify(settings));
  const code = await runInside(await usableNamespaces(), [
    join(import.meta.dirname, 'inside.ts'),
    at('settings.json'),
  ]);
  await removeCgroups(work);
  if (code !== 0) throw new Error('kind build node-image failed: see above');
  await rm(work, { recursive: true, force: true, maxRetries: 10 });
}
