import { appendFile, open, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

test('lines are given only once they end with a newline', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\ntw');
  expect((await reader.drain()).text).toBe('one\n');
  await log.write('o\n');
  expect((await reader.drain()).text).toBe('one\ntwo\n');
});

test('the open file is drained after it was renamed, then the next one follows without a gap', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await reader.drain();
  await log.write('two\n');
  await log.rotate('three\n');
  const { text, gaps, chunks } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\n');
  expect(gaps).toEqual([]);
  const [first, second, ended, third] = chunks;
  expect([first, second, ended, third].map((chunk) => chunk?.kind)).toEqual([
    'lines',
    'lines',
    'ended',
    'lines',
  ]);
  expect(third).toMatchObject({ after: first && 'file' in first ? first.file : '' });
});

test('a file is ended while the live file is absent, and the next one follows without a gap', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await reader.drain();
  await log.renameAway();
  expect((await reader.drain()).ended).toHaveLength(1);
  await log.write('two\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\n');
  expect(gaps).toEqual([]);
});

test('a new live file is waited for while it is empty, and stays proven when it is deleted after its rotation', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await reader.drain();
  await log.rotate();
  expect((await reader.drain()).ended).toHaveLength(1);
  await log.write('two\n');
  await log.rotate('three\n');
  await log.deleteBeyond(0);
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\n');
  // The second file was held, so it was read; what followed it could not be shown any more.
  expect(gaps).toMatchObject([{ reason: 'unproven', before: { offset: 4 }, after: { offset: 0 } }]);
});

test('many rotations between two polls lose nothing and leave no gap', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  let written = '';
  for (let poll = 0; poll < 3; poll++) {
    for (let file = 0; file < 20; file++) {
      const line = `poll ${poll} file ${file}\n`;
      await log.write(line);
      written += line;
      await log.rotate();
    }
    await reader.drain();
  }
  const { text, gaps, ended } = await reader.drain();
  expect(text).toBe(written);
  expect(gaps).toEqual([]);
  expect(ended).toHaveLength(60);
});

test('a first start begins with the oldest backup and has no gap', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  await log.compress(await log.rotate('two\n'));
  await log.rotate('three\n');
  await using reader = new Reader(log.path);
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\n');
  expect(gaps).toEqual([]);
});

test('the last piece of a rotated file is a chunk of its own, without a newline', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\ntorn');
  await reader.drain();
  await log.rotate('two\n');
  const { chunks } = await reader.drain();
  expect(chunks).toMatchObject([
    { kind: 'lines', start: 0, end: 4 },
    { kind: 'lines', start: 4, end: 8 },
    { kind: 'ended', offset: 8 },
    { kind: 'lines', start: 0, end: 4 },
  ]);
});

test('two files that begin alike are two files', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('same\none\n');
  await log.rotate('same\ntwo\n');
  await reader.drain();
  await log.rotate('same\none\n');
  const { text, gaps, chunks } = await reader.drain();
  expect(text).toBe('same\none\nsame\ntwo\nsame\none\n');
  expect(gaps).toEqual([]);
  const ids = new Set(
    chunks.flatMap((chunk) => ('file' in chunk && typeof chunk.file === 'string' ? chunk.file : [])),
  );
  expect([...ids].map((id) => id.slice(64))).toEqual(['#0', '#1', '#2']);
});

test('files of equal content keep their identities over a restart', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('same\n');
  for (let file = 0; file < 4; file++) {
    await reader.drain();
    await reader.restart(reader.state);
    await log.rotate('same\n');
  }
  const { text, gaps } = await reader.drain();
  expect(text).toBe('same\n'.repeat(5));
  expect(gaps).toEqual([]);
});

test('a successor that was not born when its predecessor was renamed is not proven', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await reader.drain();
  await rename(log.path, join(log.folder, 'audit-2026-01-02T03-04-05.678.log'));
  await log.write('two\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\n');
  expect(gaps).toMatchObject([{ reason: 'unproven' }]);
});

test('backups that vanished between two polls leave an unproven gap', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await reader.drain();
  await log.rotate('two\n');
  await log.rotate('three\n');
  await log.rotate('four\n');
  await log.deleteBeyond(1);
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\nthree\nfour\n');
  expect(gaps).toHaveLength(1);
  expect(gaps[0]).toMatchObject({ reason: 'unproven', before: { offset: 4 }, after: { offset: 0 } });
});

test('a backup overwritten by the rotation of the same millisecond leaves an unproven gap', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await reader.drain();
  const backup = await log.rotate('two\n');
  await rename(log.path, backup);
  await writeFile(log.path, 'three\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\n');
  expect(gaps).toMatchObject([{ reason: 'unproven', after: { offset: 0 } }]);
});

test('a file truncated in place is read from its new beginning after a gap', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\ntwo\n');
  await reader.drain();
  await writeFile(log.path, '');
  await reader.drain();
  await log.write('three\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\n');
  expect(gaps).toMatchObject([{ reason: 'truncated', before: { offset: 8 }, after: { offset: 0 } }]);
  expect(gaps[0]).not.toHaveProperty('bytesMin');
});

test('a file truncated and written beyond the old length between two polls is noticed', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\ntwo\n');
  await reader.drain();
  await writeFile(log.path, 'a longer line than before\nand another\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\na longer line than before\nand another\n');
  expect(gaps).toMatchObject([{ reason: 'truncated', before: { offset: 8 } }]);
});

test('copytruncate is read on in the copy, then behind the hole that the writer leaves', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\ntwo\n');
  await reader.drain();
  await log.write('three\n');
  await writeFile(`${log.path}.1`, await readFile(log.path));
  await writeFile(log.path, Buffer.concat([Buffer.alloc(5000), Buffer.from('four\n')]));
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\nfour\n');
  expect(gaps).toMatchObject([{ reason: 'unproven', before: { offset: 14 }, after: { offset: 5000 } }]);
});

test('a shorter copy left by copytruncate is not read again, also after a restart', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await reader.drain();
  await writeFile(`${log.path}.1`, await readFile(log.path));
  await log.write('two\n');
  await reader.drain();
  await writeFile(log.path, 'three\n');
  await reader.drain();
  await reader.restart(reader.state);
  await log.write('four\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\nfour\n');
  expect(gaps).toMatchObject([{ reason: 'truncated', before: { offset: 8 } }]);
});

test('a renamed file that its writer goes on with is read on', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await reader.drain();
  await rename(log.path, `${log.path}.1`);
  await reader.drain();
  await appendFile(`${log.path}.1`, 'two\n');
  await reader.drain();
  await log.write('three\n');
  await reader.drain();
  // Two overlapping writers: the older one still has the renamed file.
  await appendFile(`${log.path}.1`, 'four\n');
  await rename(log.path, `${log.folder}/audit-2026-11-23T00-44-38.561.log`);
  await log.write('five\n');
  const { text } = await reader.drain();
  expect(text.split('\n').toSorted()).toEqual(['', 'five', 'four', 'one', 'three', 'two']);
});

test('a live file replaced by its own copy is read on', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\ntwo\n');
  await reader.drain();
  await writeFile(`${log.path}.new`, await readFile(log.path));
  await rename(`${log.path}.new`, log.path);
  await reader.drain();
  await log.write('three\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\n');
  expect(gaps).toEqual([]);
});

test('a live file that is deleted is read on while its writer holds it, and said once', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  const writer = await open(log.path, 'a');
  await reader.drain();
  await unlink(log.path);
  await reader.drain();
  await writer.write('two\n');
  const { text, told } = await reader.drain();
  expect(text).toBe('one\ntwo\n');
  expect(told.filter((message) => message.includes('deleted'))).toHaveLength(1);
  await writer.close();
  await log.write('three\n');
  const after = await reader.drain();
  expect(after.text).toBe('one\ntwo\nthree\n');
  expect(after.gaps).toMatchObject([{ reason: 'unproven' }]);
});

test('a folder that appears later is waited for, and said once', async () => {
  await using log = await LogFolder.make();
  const moved = `${log.folder}-elsewhere`;
  await rename(log.folder, moved);
  await using reader = new Reader(log.path);
  for (let poll = 0; poll < 5; poll++) await reader.drain();
  expect(reader.reading.told).toHaveLength(1);
  await rename(moved, log.folder);
  await log.write('one\n');
  expect((await reader.drain()).text).toBe('one\n');
});

test('a path that cannot be read is said once and read when that is over', async () => {
  await using log = await LogFolder.make();
  await symlink(log.path, log.path);
  await using reader = new Reader(log.path);
  for (let poll = 0; poll < 5; poll++) await reader.drain();
  expect(reader.reading.told).toHaveLength(1);
  expect(reader.reading.told[0]).toContain('ELOOP');
  await unlink(log.path);
  await log.write('one\n');
  expect((await reader.drain()).text).toBe('one\n');
});

test('a symbolic link is followed, with the backups beside its target', async () => {
  await using log = await LogFolder.make();
  await using links = await LogFolder.make();
  await symlink(log.path, links.path);
  await log.write('one\n');
  await log.rotate('two\n');
  await using reader = new Reader(links.path);
  await reader.drain();
  await log.rotate('three\n');
  const { text, gaps, told } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\n');
  expect(gaps).toEqual([]);
  expect(told).toEqual([expect.stringContaining('symbolic link')]);
});

test('an outside rename under a number is read in its order, and proves nothing', async () => {
  await using log = await LogFolder.make();
  await log.write('three\n');
  await writeFile(`${log.path}.2`, 'one\n');
  await writeFile(`${log.path}.1`, 'two\n');
  await using reader = new Reader(log.path);
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\n');
  expect(gaps).toMatchObject([{ reason: 'unproven' }, { reason: 'unproven' }]);
});

test('empty backups hold nothing and do not break the chain', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await log.rotate();
  await log.compress(await log.rotate());
  await log.rotate('two\n');
  const { text, gaps, ended } = await reader.drain();
  expect(text).toBe('one\ntwo\n');
  expect(gaps).toEqual([]);
  expect(ended).toHaveLength(1);
});

test('an empty live file that is rotated and compressed while it is waited for does not break the chain', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await log.rotate();
  await reader.drain();
  await log.compress(await log.rotate('two\n'));
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\n');
  expect(gaps).toEqual([]);
});

test('a live file of less than a line has no identity yet', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('no newline');
  expect((await reader.drain()).chunks).toEqual([]);
  await log.rotate('two\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('no newlinetwo\n');
  expect(gaps).toEqual([]);
});

test('what is not read yet is counted', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  await log.rotate('two\n');
  await using reader = new Reader(log.path);
  expect(await reader.source.lagBytes()).toBe(8);
  await reader.drain(1);
  expect(await reader.source.lagBytes()).toBe(4);
  await reader.drain();
  expect(await reader.source.lagBytes()).toBe(0);
  await rm(log.folder, { recursive: true });
  expect(await reader.source.lagBytes()).toBe(0);
});
