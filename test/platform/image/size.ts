import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { buildImage } from './build-image.ts';
import { Unpacked } from './container.ts';

/**
 * `node test/platform/image/size.ts`: builds the image and prints what it weighs: its files by part, and its layers compressed as a registry
 * holds them (gzip).
 */
const reference = 'localhost/auditseal:size';
const buildah = await buildImage({ reference });
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1).padStart(7)} MB`;

const parts = new Map<string, number>();
{
  await using image = await Unpacked.open(buildah, reference);
  for (const { path, size } of await image.files()) {
    const part =
      /^(?:nodejs|opt\/auditseal|usr\/share\/zoneinfo)/u.exec(path)?.[0] ?? 'libraries and the rest';
    parts.set(part, (parts.get(part) ?? 0) + size);
  }
}
for (const [part, bytes] of [...parts].toSorted(([, a], [, b]) => b - a)) console.log(megabytes(bytes), part);
console.log(megabytes([...parts.values()].reduce((sum, bytes) => sum + bytes, 0)), 'together');

const descriptor = z.object({ digest: z.string(), size: z.number() });
const folder = await mkdtemp(join(tmpdir(), 'auditseal-size-'));
try {
  await buildah.run('push', '--quiet', '--compression-format=gzip', reference, `dir:${folder}`);
  const text = await readFile(join(folder, 'manifest.json'), 'utf8');
  const { layers } = z.object({ layers: z.array(descriptor) }).parse(JSON.parse(text));
  const [base = 0, ...own] = layers.map(({ size }) => size);
  console.log(megabytes(base), 'compressed: the base');
  console.log(megabytes(own.reduce((sum, size) => sum + size, 0)), 'compressed: what the Dockerfile adds');
} finally {
  await rm(folder, { recursive: true });
}
