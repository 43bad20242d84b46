import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { root } from './root.ts';

const partSchema = z.looseObject({
  dev: z.boolean().optional(),
  optional: z.boolean().optional(),
  devOptional: z.boolean().optional(),
});
const lockSchema = z.looseObject({ packages: z.record(z.string(), partSchema) });
const bomSchema = z.looseObject({
  serialNumber: z.string(),
  metadata: z.looseObject({ timestamp: z.string() }),
});

/**
 * The production dependencies of the lockfile as CycloneDX 1.5, by `npm sbom`. Time and random number, which npm puts in, are taken
 * out: one lockfile and one npm give the same bytes, and the serial number is of the contents.
 */
export async function sbom(): Promise<string> {
  const { serialNumber: _random, ...bom } = bomSchema.parse(JSON.parse(await npmSbom()));
  const { timestamp: _now, ...metadata } = bom.metadata;
  const fixed = { ...bom, metadata };
  const serialNumber = `urn:uuid:${uuid(JSON.stringify(fixed))}`;
  return `${JSON.stringify({ ...fixed, serialNumber }, undefined, 2)}\n`;
}

export async function writeSbom(file: string): Promise<void> {
  await writeFile(file, await sbom());
}

/**
 * `npm sbom --omit=dev` leaves out what a development dependency needs too (npm/cli#7909; here: yaml, an optional peer of vite). So
 * npm is given a manifest and a lockfile without them. It takes the folder's name for the package's.
 */
async function npmSbom(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'auditseal-sbom-'));
  try {
    const folder = join(place, 'auditseal');
    await mkdir(folder);
    const manifest = z.looseObject({}).parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    await writeFile(join(folder, 'package.json'), JSON.stringify(production(manifest)));
    const lock = lockSchema.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
    const packages = Object.entries(lock.packages)
      .filter(([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional)
      .map(([path, part]) => [path, path === '' ? production(part) : part] as const);
    await writeFile(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }),
    );
    const parameters = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
    const { stdout } = await promisify(execFile)('npm', parameters, {
      cwd: folder,
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } finally {
    await rm(place, { recursive: true });
  }
}

function production(manifest: Record<string, unknown>): Record<string, unknown> {
  const { devDependencies: _dev, optionalDependencies: _optional, ...rest } = manifest;
  return rest;
}

/** RFC 9562, version 8: bits of our own choice, here of SHA-256. */
function uuid(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}
