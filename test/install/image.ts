import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { until } from '../agent/index.ts';
import { Unavailable } from '../cluster/report.ts';
import { buildImage } from '../image/build-image.ts';

const resultSchema = z.union([
  z.object({ archive: z.string(), seconds: z.number() }),
  z.object({ missing: z.string() }),
]);

/** Builds what step 3 builds, under its name, as an archive; says in `imageFile` where it is, or why not. Never rejects. */
export async function buildGuideImage(reference: string, archive: string, imageFile: string): Promise<void> {
  const began = performance.now();
  const result = await buildImage({ reference, archive }).then(
    () => ({ archive, seconds: (performance.now() - began) / 1000 }),
    (error: unknown) => ({ missing: error instanceof Error ? error.message : String(error) }),
  );
  // Whole or not at all, for who waits for it.
  await writeFile(`${imageFile}.part`, JSON.stringify(result));
  await rename(`${imageFile}.part`, imageFile);
}

/** Waits for it; resolves with the seconds that the build took. Throws {@link Unavailable} with the reason where it could not be built. */
export async function builtImage(imageFile: string): Promise<number> {
  await until(
    () => existsSync(imageFile),
    () => 'the image is not built',
    { millisecondsMax: 900_000, everyMilliseconds: 500 },
  );
  const result = resultSchema.parse(JSON.parse(await readFile(imageFile, 'utf8')));
  if ('missing' in result) throw new Unavailable(result.missing);
  return result.seconds;
}
