import type { BigIntStats } from 'node:fs';
import { stat as statOf } from 'node:fs/promises';
import { isAbsent } from './error.ts';

/** The parts of a stat that the tailer looks at. Device and inode as text: they may pass 2^53. */
export interface FileStat {
  device: string;
  inode: string;
  /** 0 where the file system gives no birth time. */
  birthMilliseconds: number;
  /** Bytes on disk. */
  size: number;
  /** Changes when the content does: modification time in nanoseconds. */
  modified: string;
  /** 0: deleted, alive only while held open. */
  links: number;
}

export function fileStat(stats: BigIntStats): FileStat {
  return {
    device: String(stats.dev),
    inode: String(stats.ino),
    birthMilliseconds: Number(stats.birthtimeMs),
    size: Number(stats.size),
    modified: String(stats.mtimeNs),
    links: Number(stats.nlink),
  };
}

/** What a path points at, undefined if nothing or no regular file. Other errors are thrown. */
export async function regularStat(path: string): Promise<FileStat | undefined> {
  try {
    const stats = await statOf(path, { bigint: true });
    return stats.isFile() ? fileStat(stats) : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

type Place = Pick<FileStat, 'device' | 'inode'>;

export const placeKey = ({ device, inode }: Place) => `${device}|${inode}`;

/** Names one file for ever: no other has its inode and was born in the same millisecond. Undefined where no birth time is known. */
export function fileKey(stat: FileStat): string | undefined {
  if (stat.birthMilliseconds === 0) return undefined;
  let key = fileKeys.get(stat);
  if (key === undefined) {
    key = `${placeKey(stat)}|${stat.birthMilliseconds}`;
    fileKeys.set(stat, key);
  }
  return key;
}

/** A stat is asked for its key in each look at thousands of files. */
const fileKeys = new WeakMap<FileStat, string>();

/** Exact while one of the two is held open; only a hint otherwise, since inodes are reused. */
export function isSameInode(a: Place, b: Place): boolean {
  return a.inode === b.inode && a.device === b.device;
}
