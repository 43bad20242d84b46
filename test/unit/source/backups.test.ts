import { rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Backups } from '../../../agent/source/backups.ts';
import type { Entry } from '../../../agent/source/entry.ts';
import { Random } from '../../kit/random.ts';
import { LogFolder } from './log-folder.ts';

/** Longer than the ticks by which a kernel stamps a folder: two changes are of two times. */
const tick = () => sleep(25);
/** As if all that happened here were an hour ago, so that a listing is relied on at once. */
const later = () => Date.now() + 3_600_000;

const nameOf = (minute: number) => `audit-2026-11-23T00-${String(minute).padStart(2, '0')}-00.000.log`;
/** Of what is not there nothing can be done. */
const quietly = async (work: Promise<unknown>) => await work.catch(() => undefined);
const shown = (entries: readonly Entry[]) =>
  entries
    .map(({ path, compressed, stat }) => ({ path, compressed, stat }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));

test('whatever changes in the folder, the next listing is that of one who remembers nothing', async () => {
  await using log = await LogFolder.make();
  const backups = new Backups({ now: later });
  const random = new Random(20_261_201);
  const at = (minute: number, end = '') => join(log.folder, `${nameOf(minute)}${end}`);
  const changes = [
    async (minute: number) => await writeFile(at(minute), `${random.integer(0, 999)}\n`),
    // A compressed file is written once.
    async (minute: number) =>
      await quietly(writeFile(at(minute, '.gz'), `${random.integer(0, 999)}\n`, { flag: 'wx' })),
    async (minute: number) => await quietly(writeFile(at(minute, '.zst'), 'x', { flag: 'wx' })),
    async (minute: number) => await quietly(unlink(at(minute))),
    async (minute: number) => await quietly(unlink(at(minute, '.gz'))),
    async (minute: number) => await quietly(rename(at(minute), at(minute + 1))),
    async (minute: number) => await quietly(rename(at(minute, '.gz'), at(minute + 1, '.gz'))),
    async (minute: number) => await quietly(writeFile(at(minute), 'more\n', { flag: 'a' })),
    async () => await quietly(rename(log.path, at(random.integer(0, 7)))),
  ];
  for (let step = 0; step < 200; step++) {
    await random.pick(changes)(random.integer(0, 7));
    await tick();
    const all = shown(await new Backups().of(log.path));
    expect(shown(await backups.of(log.path)), `step ${step}`).toEqual(all);
    expect(shown(await backups.of(log.path)), `step ${step}, again`).toEqual(all);
  }
});

test('a compressed backup is looked at once while its folder stays as it is, and an entry is made for each listing', async () => {
  await using log = await LogFolder.make();
  const file = join(log.folder, `${nameOf(1)}.gz`);
  await writeFile(file, 'x');
  await tick();
  const backups = new Backups({ now: later });
  const [first] = await backups.of(log.path);
  // In place, which no writer of a rotation does: it is not seen, and so shows that the file was not looked at.
  await writeFile(file, 'xx');
  const [second] = await backups.of(log.path);
  expect(second?.stat).toBe(first?.stat);
  expect(second).not.toBe(first);
  await rm(file);
  expect(await backups.of(log.path)).toEqual([]);
});

test('a folder that was changed just now is listed again, and so is a compressed file that was written just now', async () => {
  await using log = await LogFolder.make();
  const file = join(log.folder, `${nameOf(1)}.gz`);
  await writeFile(file, 'x');
  const backups = new Backups();
  expect((await backups.of(log.path))[0]?.stat.size).toBe(1);
  await writeFile(file, 'xx');
  expect((await backups.of(log.path))[0]?.stat.size).toBe(2);
  // The folder is old, the file is not.
  await tick();
  const young = new Backups({ now: () => Date.now() + 30_000 });
  await utimes(file, new Date(), new Date());
  expect((await young.of(log.path))[0]?.stat.size).toBe(2);
  await writeFile(file, 'xxx');
  expect((await young.of(log.path))[0]?.stat.size).toBe(3);
});
