import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { until } from '../../kit/agent/index.ts';
import { buildImage } from '../image/build-image.ts';
import { Unavailable } from './report.ts';
import type { Settings } from './settings.ts';

/** Of a registry that nobody can reach: the node has it from an archive. */
export const repository = 'registry.example/auditseal';
/** The chart's own default, and the next one. */
export const versions = { first: '0.1.0', second: '0.1.1' };

const imagesSchema = z.union([
  z.object({ first: z.string(), second: z.string() }),
  z.object({ missing: z.string() }),
  z.object({ failed: z.string() }),
]);
export type Images = { first: string; second: string };

/** Builds the image of the Dockerfile in two versions, as archives; says in `imagesFile` where they are, or why not. Never rejects. */
export async function buildImages({ work, root, imagesFile }: Settings): Promise<void> {
  const result = await build(work, root).catch((error: unknown) =>
    error instanceof Unavailable
      ? { missing: error.message }
      : { failed: error instanceof Error ? error.message : String(error) },
  );
  // Whole or not at all, for who waits for it.
  await writeFile(`${imagesFile}.part`, JSON.stringify(result));
  await rename(`${imagesFile}.part`, imagesFile);
}

async function build(work: string, root: boolean): Promise<z.infer<typeof imagesSchema>> {
  if (!root) return { missing: 'images are built by root' };
  const archives = { first: join(work, 'first.tar'), second: join(work, 'second.tar') };
  for (const which of ['first', 'second'] as const) {
    const version = versions[which];
    await buildImage({ reference: `${repository}:${version}`, version, archive: archives[which] });
  }
  return archives;
}

/** Waits for the archives. Throws {@link Unavailable} where there is no buildah, or this is not root; what it said where the build failed. */
export async function builtImages({ imagesFile }: Settings): Promise<Images> {
  await until(
    () => existsSync(imagesFile),
    () => 'the images are not built',
    { millisecondsMax: 900_000, everyMilliseconds: 500 },
  );
  const images = imagesSchema.parse(JSON.parse(await readFile(imagesFile, 'utf8')));
  if ('missing' in images) throw new Unavailable(images.missing);
  if ('failed' in images)
    throw new Error(
      `the images could not be built:\n${images.failed.trim().split('\n').slice(-30).join('\n')}`,
    );
  return images;
}
