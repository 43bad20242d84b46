import { writeImage } from './image-archive.ts';

export const pauseImage = 'localhost/pause:1';

/** Writes an image of this one static program, as an archive in a folder; returns its path. */
export async function writePauseImage(
  program: string,
  folder: string,
  reference = pauseImage,
): Promise<string> {
  return await writeImage(folder, {
    reference,
    files: { '/pause': program },
    config: { Entrypoint: ['/pause'] },
  });
}
