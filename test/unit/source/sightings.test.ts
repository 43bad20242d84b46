import { expect, test } from 'vitest';
import { Sightings } from '../../../agent/source/sightings.ts';
import type { Entry } from '../../../agent/source/entry.ts';

/** A file of the rotation; `born` 0 where the file system does not tell. */
function entry(inode: number, born = 1000 + inode): Entry {
  const stem = `/logs/${inode}`;
  const place = { device: '1', inode: String(inode), birthMilliseconds: born };
  return { path: stem, stem, compressed: false, stat: { ...place, size: 1, modified: '1', links: 1 } };
}

/** Sightings of listings that come out as given, one after the other, and how many were made. */
function sightingsOf(...listings: Entry[][]) {
  const made = { count: 0 };
  const sightings = new Sightings(async () => listings[made.count++] ?? []);
  return { sightings, made };
}

test('a listing into which a file slipped between two others is made again, and proves nothing of that file yet', async () => {
  const [first, slipped, live] = [entry(1), entry(2), entry(3)];
  const { sightings } = sightingsOf([first, live], [first, slipped, live], [first, slipped, live]);
  expect(await sightings.list('/logs/audit.log')).toEqual([first, slipped, live]);
  expect([first, slipped, live].map((one) => sightings.isEarlier(one))).toEqual([true, false, true]);
  await sightings.list('/logs/audit.log');
  expect(sightings.isEarlier(slipped)).toBe(true);
});

test('a listing that shows nothing new is made once', async () => {
  const files = [entry(1), entry(2)];
  const { sightings, made } = sightingsOf(files, files, files, files);
  await sightings.list('/logs/audit.log');
  await sightings.list('/logs/audit.log');
  expect(made.count).toBe(3);
});

test('a file with the inode of one that is gone is another file', async () => {
  const { sightings } = sightingsOf([entry(1)], [entry(1)], [entry(1, 5000)], [entry(2)]);
  await sightings.list('/logs/audit.log');
  await sightings.list('/logs/audit.log');
  expect(sightings.isEarlier(entry(1))).toBe(false);
  expect(sightings.isEarlier(entry(1, 5000))).toBe(true);
});

test('without a birth time no file is known again', async () => {
  const { sightings, made } = sightingsOf([entry(1, 0)], [entry(1, 0)]);
  await sightings.list('/logs/audit.log');
  await sightings.list('/logs/audit.log');
  expect([sightings.isEarlier(entry(1, 0)), made.count]).toEqual([false, 2]);
});
