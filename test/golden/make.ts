import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDump } from '../seal/dump.ts';
import { listing } from './listing.ts';
import { goldenVectors, vectorsFolder } from './vectors.ts';

/** Writes the golden vectors: a dump, and a listing to read. Run it when sealed bytes change on purpose, and say why. */
export async function writeVectors(folder: string): Promise<void> {
  const vectors = await goldenVectors();
  await mkdir(folder, { recursive: true });
  await writeDump(folder, vectors.written, { now: vectors.now, trust: vectors.trust, hitsPerPage: 5 });
  await writeFile(join(folder, 'listing.txt'), listing(vectors));
}

if (process.argv[1] === import.meta.filename) {
  await rm(vectorsFolder, { recursive: true, force: true });
  await writeVectors(vectorsFolder);
  console.log(`wrote ${vectorsFolder}`);
}
