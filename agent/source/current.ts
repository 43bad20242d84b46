import { checkBytesMax, checkOf } from './fingerprint.ts';
import { readStretch } from './open-file.ts';
import type { OpenFile } from './open-file.ts';
import { isSameInode, regularStat } from './stat.ts';
import type { FileStat } from './stat.ts';
import type { FileRecord } from './state.ts';
import type { Follow } from './succession.ts';

/** The file that is being read. */
export interface Current {
  file: OpenFile;
  record: FileRecord;
  /** The file that was read before it. */
  before?: FileRecord;
  /** The path under which it was opened. */
  path: string;
  stat: FileStat;
  /** It is no longer the live file. */
  left: boolean;
  /** The last read met the end. */
  atEnd: boolean;
  /** How far reading was when the size said that there is more: if that gives nothing, wait. */
  lookedAt?: number;
  /** Decompression met damage: nothing more is to be had. */
  corrupt: boolean;
  /** Set once it is known to be finished, with what was found to follow at that moment. */
  drained?: Follow;
}

/**
 * What became of the live path: it still leads to the file held open (`same`), which may have been cut
 * (`truncated`); or it does not, and the file is a backup now (`rotated`) or nowhere (`deleted`).
 */
export type Rotation = 'same' | 'rotated' | 'truncated' | 'deleted';

/** One stat of the path and one of the open file; the directory is listed only if they differ. */
export async function lookAt(
  live: string,
  current: Current,
  readTo: number,
  isListed: () => Promise<boolean>,
): Promise<Rotation> {
  const there = await regularStat(live);
  current.stat = await current.file.stat();
  // Also where it was renamed afterwards.
  if (current.stat.size < readTo) return 'truncated';
  if (there && isSameInode(there, current.stat)) return 'same';
  return (await isListed()) ? 'rotated' : 'deleted';
}

/**
 * The up to 1,024 bytes before a position, or undefined if they are not those that were read there. Damage before
 * the position shortens them: reading on will meet it again and say so.
 */
export async function historyOf(file: OpenFile, record: FileRecord): Promise<Buffer | undefined> {
  const { offset, check } = record;
  const { bytes, corrupt } = await readStretch(file, Math.max(0, offset - checkBytesMax), offset);
  return corrupt || checkOf(bytes) === check ? bytes : undefined;
}

/** No line begins with this many NUL bytes; a hole has at least a file system block of them. */
const holeBytesMin = 1024;

/**
 * Where the hole ends that copytruncate leaves at the beginning of a file whose writer keeps its position; 0 if
 * there is none. The writer never wrote those bytes, and as one line they would hide the first event behind them.
 */
export async function holeEnd(file: OpenFile): Promise<number> {
  const bytes = Buffer.alloc(256 * 1024);
  for (let position = 0; ;) {
    const read = await file.readAt(position, bytes, 0, bytes.length);
    const content = bytes.subarray(0, read).findIndex((byte) => byte !== 0);
    if (content === -1 && read > 0) position += read;
    else return position + content >= holeBytesMin ? position + Math.max(0, content) : 0;
  }
}
