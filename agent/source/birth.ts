import type { Entry } from './entry.ts';

/** A successor is born within this time of the rename before it (docs/seal-format.md §2). */
const birthMillisecondsMax = 1000;

/** Whether a file was born when the one before it got its backup name, as far as name and file system tell. */
export function isBornAtRename(from: Entry | undefined, entry: Entry): boolean {
  const rotatedAt = from?.backup?.rotatedAt;
  if (rotatedAt === undefined) return false;
  const born = entry.stat.birthMilliseconds;
  return entry.compressed || born === 0 || Math.abs(born - rotatedAt) <= birthMillisecondsMax;
}
