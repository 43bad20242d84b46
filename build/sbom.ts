import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { root } from './root.ts';

const bomSchema = z.looseObject({
  serialNumber: z.string(),
  metadata: z.looseObject({
    timestamp: z.string(),
    component: z.looseObject({ name: z.string(), type: z.string() }),
  }),
});

/**
 * The production dependencies of the lockfile as CycloneDX 1.5, by `npm sbom`. Time, random number and the folder's name, which npm
 * puts in, are taken out: one lockfile and one npm give the same bytes, and the serial number is of the contents.
 */
export async function sbom(): Promise<string> {
  const parameters = [
    'sbom',
    '--package-lock-only',
    '--omit=dev',
    '--omit=optional',
    '--sbom-format=cyclonedx',
  ];
  const { stdout } = await promisify(execFile)('npm', parameters, { cwd: root, maxBuffer: 16 * 1024 * 1024 });
  const { serialNumber: _random, ...bom } = bomSchema.parse(JSON.parse(stdout));
  const { timestamp: _now, component, ...metadata } = bom.metadata;
  const fixed = {
    ...bom,
    metadata: { ...metadata, component: { ...component, name: 'auditseal', type: 'application' } },
  };
  return `${JSON.stringify({ ...fixed, serialNumber: `urn:uuid:${uuid(JSON.stringify(fixed))}` }, undefined, 2)}\n`;
}

export async function writeSbom(file: string): Promise<void> {
  await writeFile(file, await sbom());
}

/** RFC 9562, version 8: bits of our own choice, here of SHA-256. */
function uuid(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}
