import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demand } from './processes.ts';

export const pauseImage = 'localhost/pause:1';

/** Writes an image of this one static program, as an archive in the layout of the OCI image specification 1.0. */
export async function writePauseImage(program: string, folder: string): Promise<string> {
  const layout = join(folder, 'pause-image');
  const root = join(layout, 'root');
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  await mkdir(root);
  await copyFile(program, join(root, 'pause'));
  await chmod(join(root, 'pause'), 0o755);
  await demand(['tar', '-C', root, '-cf', join(layout, 'layer.tar'), 'pause']);
  const blob = async (bytes: Buffer, mediaType: string) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(layout, 'blobs/sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (value: object, kind: string) =>
    blob(Buffer.from(JSON.stringify(value)), `application/vnd.oci.image.${kind}.v1+json`);
  const layer = await blob(
    await readFile(join(layout, 'layer.tar')),
    'application/vnd.oci.image.layer.v1.tar',
  );
  const config = await json(
    {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: ['/pause'] },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    },
    'config',
  );
  const manifest = await json({ schemaVersion: 2, config, layers: [layer] }, 'manifest');
  // The name that containerd gives it.
  const annotations = { 'io.containerd.image.name': pauseImage };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  await writeFile(join(layout, 'index.json'), JSON.stringify(index));
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const archive = join(folder, 'pause.tar');
  await demand(['tar', '-C', layout, '-cf', archive, 'oci-layout', 'index.json', 'blobs']);
  return archive;
}
