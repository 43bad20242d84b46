import { randomBytes } from 'node:crypto';
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CompressedBytes } from '../../../agent/source/compressed-bytes.ts';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

const NAME = 'audit-2026-11-23T00-44-38.561.log.gz';

/** Lines that hardly compress, so that damage hits a known place. */
function noisyLines(count: number): string {
  return Array.from({ length: count }, (_, line) => `${line} ${randomBytes(60).toString('base64')}\n`).join(
    '',
  );
}

test('a compressed backup of several members is read whole, byte for byte', async () => {
  await using log = await LogFolder.make();
  const [one, two] = [noisyLines(20_000), noisyLines(10)];
  await writeFile(join(log.folder, NAME), Buffer.concat([gzipSync(one), gzipSync(two)]));
  await using reader = new Reader(log.path);
  expect((await reader.drain()).text).toBe(one + two);
});

test('of a compressed backup that ends too early, everything before the end is read, then a gap', async () => {
  await using log = await LogFolder.make();
  const whole = noisyLines(5000);
  const compressed = gzipSync(whole);
  await writeFile(join(log.folder, NAME), compressed);
  await truncate(join(log.folder, NAME), Math.floor(compressed.length / 2));
  await log.write('live\n');
  await using reader = new Reader(log.path);
  const { text, gaps, ended } = await reader.drain();
  const read = text.slice(0, -'live\n'.length);
  expect(text.endsWith('live\n')).toBe(true);
  expect(whole.startsWith(read)).toBe(true);
  expect(read.length).toBeGreaterThan(whole.length * 0.49);
  expect(gaps[0]).toMatchObject({ reason: 'corrupt', before: { offset: read.length } });
  expect(ended).toHaveLength(1);
});

test('of a compressed backup with a damaged byte, everything before it is read, then a gap', async () => {
  await using log = await LogFolder.make();
  const whole = noisyLines(5000);
  const compressed = gzipSync(whole);
  // The checksum at the end: all bytes are good, and zlib refuses the very last call.
  compressed.writeUInt32LE((compressed.readUInt32LE(compressed.length - 8) ^ 1) >>> 0, compressed.length - 8);
  expect(() => gunzipSync(compressed)).toThrow();
  await writeFile(join(log.folder, NAME), compressed);
  await using reader = new Reader(log.path);
  const { text, gaps } = await reader.drain();
  expect(text).toBe(whole);
  expect(gaps).toMatchObject([{ reason: 'corrupt' }]);
});

test('a damaged compressed backup is reported once over restarts at every chunk', async () => {
  await using log = await LogFolder.make();
  const compressed = gzipSync(noisyLines(300));
  await writeFile(join(log.folder, NAME), compressed.subarray(0, compressed.length - 2000));
  await log.write('live\n');
  await using straight = new Reader(log.path);
  const { text } = await straight.drain();
  await using reader = new Reader(log.path, { chunkBytesMax: 3000 });
  for (let chunk = 0; chunk < 40; chunk++) {
    await reader.drain(1);
    await reader.restart(reader.state);
  }
  expect(reader.reading.text).toBe(text);
  expect(reader.reading.gaps.map(({ reason }) => reason)).toEqual(['corrupt', 'unproven']);
});

test('an empty compressed file whose source is gone is damage, said once', async () => {
  await using log = await LogFolder.make();
  await writeFile(join(log.folder, NAME), '');
  await log.write('live\n');
  await using reader = new Reader(log.path);
  const { text, gaps } = await reader.drain();
  expect(text).toBe('live\n');
  expect(gaps.map(({ reason }) => reason)).toEqual(['corrupt', 'unproven']);
  await reader.restart(reader.state);
  await log.write('more\n');
  expect((await reader.drain()).text).toBe('live\nmore\n');
  expect(reader.reading.gaps).toHaveLength(2);
});

test('a read position inside a compressed backup that was damaged since is a gap, and nothing is read twice', async () => {
  await using log = await LogFolder.make();
  const whole = noisyLines(3000);
  await log.write(whole);
  await using reader = new Reader(log.path, { chunkBytesMax: 50_000 });
  await reader.drain(3);
  const { state } = reader;
  const { text } = reader.reading;
  const backup = await log.rotate('live\n');
  await log.compress(backup);
  await truncate(`${backup}.gz`, 5000);
  await reader.restart(state);
  await reader.drain();
  expect(reader.reading.text).toBe(`${text}live\n`);
  expect(reader.reading.gaps.map(({ reason }) => reason)).toContain('corrupt');
});

test.each([
  ['gzip', gzipSync],
  ['Zstandard', zstdCompressSync],
] as const)('what a few bytes of %s expand to is held a piece at a time', async (_name, compress) => {
  await using log = await LogFolder.make();
  const path = join(log.folder, 'audit.log.1');
  await writeFile(path, compress(Buffer.alloc(96 * 1024 * 1024)));
  const handle = await open(path);
  const bytes = new CompressedBytes(handle);
  const target = Buffer.alloc(1024);
  const before = process.memoryUsage().arrayBuffers;
  expect(await bytes.readAt(0, target, 0, target.length)).toBe(target.length);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  expect(await bytes.readAt(96 * 1024 * 1024 - 1024, target, 0, target.length)).toBe(target.length);
  await bytes.close();
  await handle.close();
});
