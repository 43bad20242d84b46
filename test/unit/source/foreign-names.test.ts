import { readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

const lines = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name} ${i} ${'x'.repeat(60)}\n`).join('');

/** Names that an outside logrotate, the kubelet or people give, and how the file is stored under each. */
const names = [
  'audit.log.1',
  'audit.log.1.gz',
  'audit.log.1.zst',
  'audit.1.log',
  'audit.1.log.gz',
  'audit.log.gz',
  'audit.log-20261130',
  'audit.log-20261130.gz',
  'audit-20261130.log',
  'audit-20261130.log.gz',
  'audit.log.20261130-120500',
  'audit.log.20261130-120500.gz',
  'audit-2026-11-30T12-05-00.000.log.1',
  'audit-2026-11-30T12-05-00.000.log.1.gz',
];

/** As an outside job leaves a file: renamed, or compressed under a new inode. */
async function moveTo(path: string, target: string): Promise<void> {
  const compress = target.endsWith('.gz') ? gzipSync : target.endsWith('.zst') ? zstdCompressSync : undefined;
  if (!compress) return await rename(path, target);
  await writeFile(target, compress(await readFile(path)));
  await unlink(path);
}

describe.each(names)('rotated to %s', (name) => {
  test('while the agent was away: the rest of the file is read, then the new log, and nothing is said to be deleted', async () => {
    await using log = await LogFolder.make();
    const [read, missed, fresh] = [lines('read', 20), lines('missed', 10), lines('new', 10)];
    await log.write(read);
    await using reader = new Reader(log.path);
    await reader.drain();
    const { state } = reader;
    await log.write(missed);
    await moveTo(log.path, join(log.folder, name));
    await writeFile(log.path, fresh);
    await reader.restart(state);
    const { text, gaps } = await reader.drain();
    expect(text).toBe(read + missed + fresh);
    expect(gaps.map(({ reason }) => reason)).not.toContain('deleted');
  });

  test('before the first start: it is read, older than the log', async () => {
    await using log = await LogFolder.make();
    await log.write(lines('old', 10));
    await moveTo(log.path, join(log.folder, name));
    await log.write(lines('new', 10));
    await using reader = new Reader(log.path);
    expect((await reader.drain()).text).toBe(lines('old', 10) + lines('new', 10));
  });
});

test('a name that nobody knows is not read, and named at the start, and where a file is missed', async () => {
  await using log = await LogFolder.make();
  await log.write(lines('old', 10));
  const stranger = join(log.folder, 'audit-before-upgrade.log');
  await rename(log.path, stranger);
  await log.write(lines('new', 10));
  await writeFile(join(log.folder, 'policy.yaml'), 'kind: Policy\n');
  await using reader = new Reader(log.path);
  const { text, told } = await reader.drain();
  expect(text).toBe(lines('new', 10));
  expect(told.filter((message) => message.includes('lies beside the log'))).toEqual([
    expect.stringContaining(stranger),
  ]);
  const { state } = reader;
  const second = join(log.folder, 'audit.log.saved');
  await log.write(lines('missed', 5));
  await rename(log.path, second);
  await log.write(lines('newer', 10));
  await reader.restart(state);
  await reader.drain();
  expect(reader.reading.told.filter((message) => message.includes(second))).toHaveLength(1);
});

describe('a backup in Zstandard', () => {
  const name = 'audit.log.1.zst';
  const whole = lines('line', 20_000);

  test('of several frames is read whole', async () => {
    await using log = await LogFolder.make();
    await writeFile(
      join(log.folder, name),
      Buffer.concat([zstdCompressSync(whole), zstdCompressSync(lines('second', 3))]),
    );
    await using reader = new Reader(log.path);
    expect((await reader.drain()).text).toBe(whole + lines('second', 3));
  });

  test('that ends too early is read up to there, then a gap', async () => {
    await using log = await LogFolder.make();
    const compressed = zstdCompressSync(whole);
    await writeFile(join(log.folder, name), compressed.subarray(0, compressed.length - 200));
    await log.write('live\n');
    await using reader = new Reader(log.path);
    const { text, gaps } = await reader.drain();
    expect(gaps[0]?.reason).toBe('corrupt');
    expect(whole.startsWith(text.slice(0, -'live\n'.length))).toBe(true);
    expect(text.endsWith('live\n')).toBe(true);
  });

  test('that is called gzip is known by what it begins with', async () => {
    await using log = await LogFolder.make();
    await writeFile(join(log.folder, 'audit.log.1.gz'), zstdCompressSync(whole));
    await using reader = new Reader(log.path);
    expect((await reader.drain()).text).toBe(whole);
  });
});
