import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAbsent } from './error.ts';
import { backupNames, compareNames, compressedEnds, isStranger } from './names.ts';
import type { BackupName } from './names.ts';
import { fileStat } from './stat.ts';
import type { FileStat } from './stat.ts';

/** One file of the rotation as the directory shows it; `.log`, `.log.gz` and `.log.zst` of one name are one entry. */
export interface Entry {
  path: string;
  /** The path without `.gz` or `.zst`. */
  stem: string;
  compressed: boolean;
  stat: FileStat;
  /** Absent for the live file. */
  backup?: BackupName;
  /** It is no longer in the directory, in any form. */
  gone?: true;
}

/** What a path points at, undefined if nothing or no regular file. Other errors are thrown. */
export async function regularStat(path: string): Promise<FileStat | undefined> {
  try {
    const stats = await stat(path, { bigint: true });
    return stats.isFile() ? fileStat(stats) : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

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

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** A compressed form counts only where its source is gone: until then it may be half written. */
async function entryOf(folder: string, name: BackupName): Promise<Entry | undefined> {
  const stem = join(folder, name.stem);
  const isOwnStem = compressedEnds.some((end) => stem.endsWith(end));
  for (const end of isOwnStem ? [''] : ['', ...compressedEnds]) {
    const path = `${stem}${end}`;
    const compressed = isOwnStem || end !== '';
    const found = await regularStat(path);
    if (found) return { path, stem, compressed, stat: found, backup: { ...name, compressed } };
  }
  return undefined;
}

async function backupsOf(live: string): Promise<Entry[]> {
  const parse = backupNames(basename(live));
  const stems = new Map<string, BackupName>();
  for (const name of await namesIn(dirname(live))) {
    const parsed = parse(name);
    if (parsed) stems.set(parsed.stem, parsed);
  }
  const entries = await Promise.all([...stems.values()].map((name) => entryOf(dirname(live), name)));
  return entries.filter((entry) => entry !== undefined);
}

/**
 * The files of the rotation of `path`, oldest first, the live file last. What vanishes meanwhile is left out.
 *
 * The live path is looked at after the directory was read: if it then leads to a file that a caller opened there
 * before, that file was live all the while, so every backup made before it was already there to be listed.
 */
export async function listRotation(path: string): Promise<Entry[]> {
  const found = await Promise.all((await livePaths(path)).map(backupsOf));
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
