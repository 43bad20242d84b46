import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDump } from '../../kit/seal/dump.ts';
import { listing } from './listing.ts';
import { goldenStatements, goldenVectors, statementsFolder, vectorsFolder } from './vectors.ts';
import type { Scene } from './vectors.ts';

/** Where each of the golden vectors lies, and what makes it. */
export const allVectors: readonly [folder: string, make: () => Promise<Scene>][] = [
  [vectorsFolder, goldenVectors],
  [statementsFolder, goldenStatements],
];

/** Writes golden vectors: a dump, and a listing to read. Run it when sealed bytes change on purpose, and say why. */
export async function writeVectors(folder: string, vectors: Scene): Promise<void> {
  const { written, now, trust } = vectors;
  await mkdir(folder, { recursive: true });
  await writeDump(folder, written, { now, ...(trust && { trust }), hitsPerPage: 5 });
  await writeFile(join(folder, 'listing.txt'), listing(vectors));
}

if (process.argv[1] === import.meta.filename) {
  for (const [folder, make] of allVectors) {
    await rm(folder, { recursive: true, force: true });
    await writeVectors(folder, await make());
    console.log(`wrote ${folder}`);
  }
}
