import type { BigIntStats } from 'node:fs';

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

type Place = Pick<FileStat, 'device' | 'inode'>;

export const placeKey = ({ device, inode }: Place) => `${device}|${inode}`;

/** Names one file for ever: no other has its inode and was born in the same millisecond. Undefined where no birth time is known. */
export function fileKey(stat: FileStat): string | undefined {
  return stat.birthMilliseconds === 0 ? undefined : `${placeKey(stat)}|${stat.birthMilliseconds}`;
}

/** Exact while one of the two is held open; only a hint otherwise, since inodes are reused. */
export function isSameInode(a: Place, b: Place): boolean {
  return a.inode === b.inode && a.device === b.device;
}
