import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Player } from '../../../demo/player.ts';
import { recording } from '../../../demo/recording.ts';
import { RotatingLog } from '../../../demo/rotating-log.ts';

async function folder(): Promise<{ path: string; log: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'auditseal-player-'));
  const dispose = () => rm(path, { recursive: true, force: true });
  return { path, log: join(path, 'audit.log'), [Symbol.asyncDispose]: dispose };
}

/** A second later at each look, so that every backup has a name of its own. */
function clock(): () => Date {
  let at = Date.UTC(2026, 10, 23, 23, 59, 58, 7);
  return () => new Date((at += 1000));
}

const never = new AbortController().signal;

test('the bytes of the recording come out unchanged, in order, over all backups and the live file', async () => {
  await using place = await folder();
  const recorded = await recording();
  const log = new RotatingLog({ path: place.log, bytesMax: 1024 * 1024, backupsMax: 100, now: clock() });
  const player = new Player(recorded, log);
  await player.play(0, never);

  const names = (await readdir(place.path)).toSorted();
  expect(names.at(-1)).toBe('audit.log');
  const files = await Promise.all(names.map((name) => readFile(join(place.path, name))));
  expect(Buffer.concat(files).equals(Buffer.concat(recorded))).toBe(true);
  expect(player).toMatchObject({
    lines: recorded.length,
    lineCount: recorded.length,
    bytes: player.byteCount,
  });
  expect(log.rotations).toBe(names.length - 1);
  for (const file of files) {
    expect(file.length).toBeLessThanOrEqual(1024 * 1024);
    expect(file.at(-1)).toBe(0x0a);
  }
});

test('a backup bears the time of its rename, UTC with milliseconds, and a file is full before it is renamed', async () => {
  await using place = await folder();
  const log = new RotatingLog({ path: place.log, bytesMax: 10, backupsMax: 5, now: clock() });
  for (const line of ['1234\n', '5678\n', '9\n', 'longer than a file may be\n', 'a\n'])
    await log.write(Buffer.from(line));
  await log.close();
  const contents = await Promise.all(
    (await readdir(place.path))
      .toSorted()
      .map(async (name) => [name, await readFile(join(place.path, name), 'utf8')]),
  );
  expect(contents).toEqual([
    ['audit-2026-11-23T23-59-59.007.log', '1234\n5678\n'],
    ['audit-2026-11-24T00-00-00.007.log', '9\n'],
    ['audit-2026-11-24T00-00-01.007.log', 'longer than a file may be\n'],
    ['audit.log', 'a\n'],
  ]);
  expect((await stat(place.log)).mode & 0o777).toBe(0o600);
});

test('the oldest backups beyond the limit are deleted, by name', async () => {
  await using place = await folder();
  const log = new RotatingLog({ path: place.log, bytesMax: 2, backupsMax: 2, now: clock() });
  for (const line of ['1\n', '2\n', '3\n', '4\n', '5\n']) await log.write(Buffer.from(line));
  await log.close();
  const names = (await readdir(place.path)).toSorted();
  const contents = await Promise.all(names.map((name) => readFile(join(place.path, name), 'utf8')));
  expect(contents).toEqual(['3\n', '4\n', '5\n']);
  expect(log).toMatchObject({ rotations: 4, removed: 2 });
});

test('the live file is renamed with its inode and another one created, as a reader that holds it open sees', async () => {
  await using place = await folder();
  const log = new RotatingLog({ path: place.log, bytesMax: 2, backupsMax: 2, now: clock() });
  await log.write(Buffer.from('1\n'));
  const { ino } = await stat(place.log);
  await log.write(Buffer.from('2\n'));
  await log.close();
  expect((await stat(join(place.path, 'audit-2026-11-23T23-59-59.007.log'))).ino).toBe(ino);
  expect((await stat(place.log)).ino).not.toBe(ino);
});

test('playing takes its time, one line after the other, and ends at once when it is aborted', async () => {
  await using place = await folder();
  const log = new RotatingLog({ path: place.log, bytesMax: 100, backupsMax: 2, now: clock() });
  const lines = Array.from({ length: 10 }, (_, i) => Buffer.from(`${i}\n`));
  const player = new Player(lines, log);
  const startedAt = performance.now();
  await player.play(100, never);
  // The last of ten lines is due after nine tenths.
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(89);

  const stop = new AbortController();
  const slow = new Player(lines, log);
  const playing = slow.play(3_600_000, stop.signal);
  await expect.poll(() => slow.lines, { interval: 5 }).toBe(1);
  stop.abort();
  await expect(playing).rejects.toMatchObject({ name: 'AbortError' });
  expect(slow.lines).toBe(1);
});
