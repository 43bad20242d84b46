import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, cp, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { demand } from './processes.ts';

export interface ImageOptions {
  /** The name that containerd gives it. */
  reference: string;
  /** Path in the image → file or folder of this machine. */
  files: Readonly<Record<string, string>>;
  /** Of the image specification's `config`: Entrypoint, Env. */
  config: object;
}

/** Writes an image with one layer, as an archive in the layout of the OCI image specification 1.0, into a folder; returns its path. */
export async function writeImage(
  folder: string,
  { reference, files, config }: ImageOptions,
): Promise<string> {
  const name = reference.replaceAll(/[^\w.-]/gu, '-');
  const layout = join(folder, name);
  const root = join(layout, 'root');
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  await mkdir(root);
  for (const [path, from] of Object.entries(files)) {
    const to = join(root, path);
    await mkdir(dirname(to), { recursive: true });
    await cp(from, to, { recursive: true, dereference: true });
    if ((await stat(to)).isFile()) await chmod(to, 0o755);
  }
  const unnamed = join(layout, 'blob');
  await demand(['tar', '-C', root, '-cf', unnamed, '--owner=0', '--group=0', '.']);
  await rm(root, { recursive: true });
  const blob = async (mediaType: string) => ({ mediaType, ...(await nameBlob(layout, unnamed)) });
  const json = async (value: object, kind: string) => {
    await writeFile(unnamed, JSON.stringify(value));
    return await blob(`application/vnd.oci.image.${kind}.v1+json`);
  };
  const layer = await blob('application/vnd.oci.image.layer.v1.tar');
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const configuration = await json({ architecture, os: 'linux', config, rootfs }, 'config');
  const manifest = await json({ schemaVersion: 2, config: configuration, layers: [layer] }, 'manifest');
  const annotations = { 'io.containerd.image.name': reference };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  await writeFile(join(layout, 'index.json'), JSON.stringify(index));
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const archive = join(folder, `${name}.tar`);
  await demand(['tar', '-C', layout, '-cf', archive, 'oci-layout', 'index.json', 'blobs']);
  await rm(layout, { recursive: true });
  return archive;
}

/** Moves a file to where the layout has it, by its digest. */
async function nameBlob(layout: string, file: string): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const hex = hash.digest('hex');
  const { size } = await stat(file);
  await rename(file, join(layout, 'blobs/sha256', hex));
  return { digest: `sha256:${hex}`, size };
}
