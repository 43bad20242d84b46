import { readdir, readlink, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { beginningOf, checkOf } from '../../../agent/source/fingerprint.ts';
import { Identifier } from '../../../agent/source/identify.ts';
import { Reserved, reservedFilesMax } from '../../../agent/source/reserved.ts';
import { Known, newRecord } from '../../../agent/source/known.ts';
import { listRotation } from '../../../agent/source/listing.ts';
import { emptyTailState } from '../../../agent/source/state.ts';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

/** A reader that looks at the directory at each read. */
const alert = { lookAheadMilliseconds: 0, chunkBytesMax: 64 };

/** Two chunks of lines, different in each file. */
const file = (n: number) => `file ${n} ${'x'.repeat(40)}\n`.repeat(2);

/** Files 0 to `count` - 1, the last one live. */
async function backlog(log: LogFolder, count: number): Promise<string> {
  const texts = Array.from({ length: count }, (_, n) => file(n));
  await log.write(texts[0] ?? '');
  for (const text of texts.slice(1)) await log.rotate(text);
  return texts.join('');
}

/** The files of a folder that this process holds open. */
async function heldIn(folder: string): Promise<string[]> {
  const names = await readdir('/proc/self/fd');
  const paths = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return paths.filter((path) => path.startsWith(folder));
}

test('a backlog that is deleted while its first file is read is read to its end, without a gap', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  const written = await backlog(log, 6);
  await reader.drain(1);
  await log.deleteBeyond(0);
  const { text, gaps, ended } = await reader.drain();
  expect(text).toBe(written);
  expect(gaps).toEqual([]);
  expect(ended).toHaveLength(5);
});

test('a backlog that is compressed and then deleted while its first file is read is read to its end, without a gap', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  const written = await backlog(log, 6);
  await reader.drain(1);
  for (const backup of log.backups) await log.compress(backup);
  await reader.drain(3);
  await log.deleteBeyond(0);
  const { text, gaps } = await reader.drain();
  expect(text).toBe(written);
  expect(gaps).toEqual([]);
});

test('compressed backups that are deleted before their turn are read', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  const written = await backlog(log, 5);
  for (const backup of log.backups) await log.compress(backup);
  await reader.drain(1);
  await log.deleteBeyond(0);
  const { text, gaps } = await reader.drain();
  expect(text).toBe(written);
  expect(gaps).toEqual([]);
});

test.for([1, 2])(
  'a reader that is slower than its writer, who keeps %s backups, loses nothing of what it saw and catches up without a gap',
  async (most) => {
    await using log = await LogFolder.make();
    await using reader = new Reader(log.path, alert);
    let written = '';
    for (let n = 0; n < 40; n++) {
      await log.write(file(n).repeat(3));
      written += file(n).repeat(3);
      await reader.drain(1);
      await log.rotate();
      await reader.drain(1);
      await log.deleteBeyond(most);
    }
    expect(reader.reading.text.length).toBeLessThan(written.length / 2);
    const { text, gaps } = await reader.drain();
    expect(text).toBe(written);
    expect(gaps).toEqual([]);
  },
);

test('while reading is paused, what is there is held, and read afterwards though it is deleted', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  let written = file(0);
  await log.write(written);
  await reader.drain(1);
  for (let n = 1; n < 12; n++) {
    await log.rotate(file(n));
    written += file(n);
    await reader.source.reserve(false);
    await log.deleteBeyond(1);
  }
  const { text, gaps } = await reader.drain();
  expect(text).toBe(written);
  expect(gaps).toEqual([]);
});

test('with the disk full, files that were deleted are let go, and a gap says so', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  await backlog(log, 6);
  await reader.drain(1);
  await log.deleteBeyond(2);
  expect(await heldIn(log.folder)).toHaveLength(6);
  await reader.source.reserve(true);
  // The file at hand, the two backups that are left, and the live one.
  expect(await heldIn(log.folder)).toHaveLength(4);
  const { text, gaps } = await reader.drain();
  expect(text).toBe([0, 3, 4, 5].map(file).join(''));
  expect(gaps).toMatchObject([{ reason: 'unproven', before: { offset: file(0).length } }]);
});

test('a live file that was rotated and deleted before it was seen under its backup name is read in its place', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  const written = (await backlog(log, 3)) + file(3) + file(4);
  await reader.drain(1);
  await log.rotate(file(3));
  await log.deleteBeyond(0);
  await log.rotate(file(4));
  const { text, gaps } = await reader.drain();
  expect(text).toBe(written);
  // When it was renamed nobody saw: what came after it cannot be proven to be the next.
  expect(gaps).toMatchObject([{ reason: 'unproven' }]);
});

test('a live file that was rotated, compressed and unlinked before it was seen under its backup name is read once', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  let written = await backlog(log, 3);
  await reader.drain(1);
  for (let n = 3; n < 8; n++) {
    await log.compress(await log.rotate(file(n)));
    written += file(n);
    await reader.source.reserve(false);
  }
  const { text } = await reader.drain();
  expect(text).toBe(written);
});

test('a file that is held and was read in its compressed form is not read again', async () => {
  await using log = await LogFolder.make();
  await log.write(file(0));
  const known = new Known(log.path, emptyTailState);
  const [live] = await listRotation(log.path);
  if (!live) throw new Error('the live file is not listed');
  const id = known.newId(beginningOf(Buffer.from(file(0))).fingerprint);
  const read = { offset: file(0).length, check: checkOf(Buffer.from(file(0))), ended: true };
  const backup = await log.rotate('');
  const packed = { ...live, stem: backup, path: `${backup}.gz`, compressed: true };
  await log.compress(backup);
  const [listed] = await listRotation(log.path);
  known.add({ ...newRecord(id, listed ?? packed), ...read });
  const gone = {
    ...live,
    path: `${backup}.held`,
    gone: true as const,
    backup: { stem: log.path, compressed: false, rank: 2, order: '~' },
  };
  await writeFile(gone.path, file(0));
  const [stat] = await listRotation(gone.path);
  const held = { ...gone, stat: stat?.stat ?? live.stat };
  const kept = new Reserved();
  const identifier = new Identifier((entry) => kept.open(entry));
  const identities = await identifier.identify([held, ...(await listRotation(log.path))], known);
  expect([...identities.values()].map(({ kind }) => kind)).toEqual(['known', 'known', 'young']);
});

test('a live file that was deleted before its turn is read, and read on while its writer goes on', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  const written = await backlog(log, 3);
  await reader.drain(1);
  await unlink(log.path);
  expect((await reader.drain()).text).toBe(written);
  expect(existsSync(log.path)).toBe(false);
  await log.write(file(3));
  expect((await reader.drain()).text).toBe(written + file(3));
  expect(reader.reading.gaps).toMatchObject([{ reason: 'unproven' }]);
});

test('a live file that was replaced by its own copy before its turn is read once', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  const written = await backlog(log, 3);
  await reader.drain(1);
  await writeFile(`${log.path}.new`, file(2));
  await rename(`${log.path}.new`, log.path);
  await reader.drain();
  await log.write(file(3));
  expect((await reader.drain()).text).toBe(written + file(3));
});

test('a backup that is overwritten before its turn by the rotation of the same millisecond is read, and so is the other', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  const written = await backlog(log, 3);
  await reader.drain(1);
  await rename(log.path, log.backups.at(-1) ?? '');
  await log.write(file(3));
  const { text } = await reader.drain();
  expect(text).toBe(written + file(3));
});

const alike = (end: string) => `${'line\n'.repeat(30)}${end}\n`;

test('a compressed file that begins like the deleted one that is being read is not taken for its copy', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  await log.write(alike('one'));
  await log.rotate(alike('two'));
  await log.rotate(alike('three'));
  const [one, two] = log.backups;
  await log.compress(two ?? '');
  await reader.drain(1);
  await unlink(one ?? '');
  const { text, gaps } = await reader.drain();
  expect(text).toBe(['one', 'two', 'three'].map(alike).join(''));
  expect(gaps).toEqual([]);
});

test('a file that is cut before its turn leaves a gap that says so', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  await backlog(log, 3);
  await reader.drain(1);
  await truncate(log.path);
  await log.write('new\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe(`${file(0)}${file(1)}new\n`);
  expect(gaps).toMatchObject([{ reason: 'truncated', before: { offset: file(1).length } }]);
});

test('what was read is let go, also when it was deleted', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, alert);
  await backlog(log, 8);
  await reader.drain(1);
  expect(await heldIn(log.folder)).toHaveLength(8);
  await log.deleteBeyond(3);
  await reader.drain();
  expect(await heldIn(log.folder)).toEqual([log.path]);
  await reader.source.close();
  expect(await heldIn(log.folder)).toEqual([]);
});

test('files are held up to a bound; beyond it the newest are lost if they are deleted, and a gap says so', async () => {
  await using log = await LogFolder.make();
  // Only the first look counts.
  await using reader = new Reader(log.path, { lookAheadMilliseconds: 600_000 });
  await backlog(log, reservedFilesMax + 10);
  await reader.drain(1);
  expect(await heldIn(log.folder)).toHaveLength(reservedFilesMax);
  for (const backup of log.backups) await rm(backup);
  const { text, gaps } = await reader.drain();
  const held = Array.from({ length: reservedFilesMax }, (_, n) => file(n));
  expect(text).toBe(held.join('') + file(reservedFilesMax + 9));
  expect(gaps).toMatchObject([{ reason: 'unproven' }]);
});
