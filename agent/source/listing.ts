import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Backups, namesIn } from './backups.ts';
import type { Entry } from './entry.ts';
import { isAbsent } from './error.ts';
import { compareNames, isStranger } from './names.ts';
import { regularStat } from './stat.ts';

/**
 * The live file's path, and behind a symbolic link also the path it leads to: a writer that was given the target
 * rotates there, one that was given the link renames the link.
 */
export async function livePaths(path: string): Promise<string[]> {
  try {
    const link = (await lstat(path)).isSymbolicLink();
    const target = link ? await realpath(path) : path;
    return target === path ? [path] : [target, path];
  } catch (error) {
    if (isAbsent(error)) return [path];
    throw error;
  }
}

/**
 * The files of the rotation of `path`, oldest first, the live file last. What vanishes meanwhile is left out.
 *
 * The live path is looked at after the directory was read: if it then leads to a file that a caller opened there
 * before, that file was live all the while, so every backup made before it was already there to be listed.
 *
 * @param backups who listed before, and remembers what cannot have changed
 */
export async function listRotation(path: string, backups = new Backups()): Promise<Entry[]> {
  const found = await Promise.all((await livePaths(path)).map((live) => backups.of(live)));
  const entries = found.flat();
  entries.sort((a, b) => (a.backup && b.backup ? compareNames(a.backup, b.backup) : 0));
  const live = await regularStat(path);
  if (live) entries.push({ path, stem: path, compressed: false, stat: live });
  return entries;
}

/** Files beside the log whose names look like its own, of a scheme that is not known here: what is in them is not read. */
export async function strangersOf(path: string): Promise<string[]> {
  const found = await Promise.all(
    (await livePaths(path)).map(async (live) => {
      const isOne = isStranger(basename(live));
      const names = (await namesIn(dirname(live))).filter(isOne);
      return names.map((name) => join(dirname(live), name));
    }),
  );
  const paths = [...new Set(found.flat())].toSorted();
  const stats = await Promise.all(paths.map(regularStat));
  return paths.filter((_, i) => stats[i]);
}
