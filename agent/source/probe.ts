import { constants } from 'node:fs';
import { lstat, open, opendir, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { isAbsent, isFileSystemError } from './error.ts';
import { obstacleOf } from './obstacle.ts';
import type { Obstacle } from './obstacle.ts';

/**
 * Opens the live file and its folder as reading would, and closes them: what is in the way, or undefined. Reads and changes
 * nothing. A tailer that holds the file open would notice only at the next rotation that it may not open it any more.
 */
export async function probe(path: string): Promise<Obstacle | undefined> {
  let at = path;
  try {
    const found = await stat(path).catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
    if (!found) return await absence(path);
    const remedy = noFile(found);
    if (remedy !== undefined) return { path, code: found.isDirectory() ? 'EISDIR' : 'EINVAL', remedy };
    // O_NONBLOCK, because a FIFO may have been put in its place meanwhile.
    await (await open(path, constants.O_RDONLY | constants.O_NONBLOCK)).close();
    at = dirname(path);
    await (await opendir(at)).close();
    return undefined;
  } catch (error) {
    // Rotated away between two looks.
    if (isAbsent(error)) return await absence(path);
    if (!isFileSystemError(error)) throw error;
    return await obstacleOf(error, at);
  }
}

/** What to do about a path that leads to something else than a regular file; undefined if it leads to one. */
function noFile(found: Stats): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isDirectory())
    return (
      'it is a folder; give the path of the live file in it. A hostPath volume without a type makes a folder where there is ' +
      'no file: remove it, and mount the folder of the log'
    );
  const kind = found.isFIFO() ? 'a FIFO' : found.isSocket() ? 'a socket' : 'a device';
  return `it is ${kind}, which cannot be read again after a crash; let the apiserver write a file (--audit-log-path)`;
}

async function absence(path: string): Promise<Obstacle> {
  const folder = dirname(path);
  try {
    await stat(folder);
  } catch (error) {
    if (!isFileSystemError(error)) throw error;
    if (!isAbsent(error)) return await obstacleOf(error, folder);
    const remedy = 'the folder is not there; correct the path, or mount the folder of the log into the pod';
    return { path: folder, code: error.code, remedy };
  }
  const isLink = await lstat(path).then(
    () => true,
    () => false,
  );
  const remedy = isLink
    ? 'the symbolic link leads to nothing; mount the folder that it leads to, too, or give the path of the file itself'
    : 'no file is there; does the apiserver run, with this path as --audit-log-path?';
  return { path, code: 'ENOENT', remedy, isAbsent: true };
}
