import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeBases } from './bases.ts';
import { Buildah } from './buildah.ts';

const repository = join(import.meta.dirname, '../../..');

export interface BuildOptions {
  /** What the image is to be called, with its tag, for example `localhost/auditseal:0.1.0`. */
  reference: string;
  /** The version that `auditseal version` and the image's label say; default: package.json's. */
  version?: string;
  /** Where to write an OCI archive of it, uncompressed: `ctr --namespace k8s.io images import FILE` takes it. Default: none. */
  archive?: string;
}

/**
 * Builds the repository's Dockerfile on bases made of this machine's files, by buildah (installed if it is missing), as root. About
 * 80 s; the bases are taken from an earlier build if nothing changed.
 *
 *     await buildImage({ reference: 'localhost/auditseal:0.1.0', archive: '/tmp/one.tar' });
 *     await buildImage({ reference: 'localhost/auditseal:0.1.1', version: '0.1.1', archive: '/tmp/two.tar' });
 *
 * The first can be imported and run while the second is built. Beside an imported image the pod needs `imagePullPolicy: Never` or
 * `IfNotPresent`. Resolves with the buildah whose storage has the image. Rejects with what buildah or npm said.
 */
export async function buildImage({ reference, version, archive }: BuildOptions): Promise<Buildah> {
  const buildah = await Buildah.open();
  const folder = await mkdtemp(join(tmpdir(), 'auditseal-image-'));
  try {
    const bases = await makeBases(buildah, folder);
    const context = join(folder, 'context');
    const built = await layOutContext(context, version);
    const values = { ...bases, VERSION: built, REVISION: 'test', SOURCE: 'test' };
    await buildah.run(
      'build',
      '--pull-never',
      '--layers',
      `--tag=${reference}`,
      `--file=${join(repository, 'Dockerfile')}`,
      ...Object.entries(values).map(([name, value]) => `--build-arg=${name}=${value}`),
      context,
    );
    if (archive !== undefined) {
      await rm(archive, { force: true });
      await buildah.run(
        'push',
        '--quiet',
        '--disable-compression',
        reference,
        `oci-archive:${archive}:${reference}`,
      );
    }
    return buildah;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What .dockerignore lets in, with another version if one is asked for; returns the version. */
async function layOutContext(context: string, version: string | undefined): Promise<string> {
  const ignore = await readFile(join(repository, '.dockerignore'), 'utf8');
  const names = [...ignore.matchAll(/^!(.+)$/gmu)].map(([, name = '']) => name);
  for (const name of [...names, '.dockerignore']) {
    await mkdir(dirname(join(context, name)), { recursive: true });
    await cp(join(repository, name), join(context, name), { recursive: true });
  }
  const file = join(context, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  if (version !== undefined) await writeFile(file, JSON.stringify({ ...manifest, version }, undefined, 2));
  return version ?? manifest.version;
}
