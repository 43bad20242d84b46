import { isFileSystemError } from './error.ts';
import { beginningBytesMax, beginningOf, checkBytesMax, checkOf } from './fingerprint.ts';
import type { Entry } from './entry.ts';
import { readStretch } from './open-file.ts';
import type { OpenFile } from './open-file.ts';

/** A file's beginning; `gone` if the path led elsewhere by the time it was opened; why it cannot be read. */
export type Head = { fingerprint: string; complete: boolean; empty: boolean } | 'gone' | Error;

export const fingerprintIn = (head: Head | undefined) =>
  typeof head === 'object' && 'fingerprint' in head ? head.fingerprint : undefined;

/** Opens a listed file; undefined if it is not there any more. Throws file system errors. */
export type Open = (entry: Entry) => Promise<OpenFile | undefined>;

export async function readHead(open: Open, entry: Entry): Promise<Head> {
  try {
    const file = await open(entry);
    if (!file) return 'gone';
    try {
      const { bytes, corrupt } = await readStretch(file, 0, beginningBytesMax);
      const beginning = beginningOf(bytes);
      return { ...beginning, empty: bytes.length === 0 && !corrupt };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isFileSystemError(error)) return error;
    throw error;
  }
}

/** What a file holds before a position of a known one: the same bytes, others, or it ends before it. */
export type Comparison = 'same' | 'other' | 'shorter';

/** Compares the up to 1,024 bytes before an offset with the SHA-256 of those that were read there. */
export async function compareBefore(
  open: Open,
  entry: Entry,
  offset: number,
  check: string,
): Promise<Comparison> {
  const file = await open(entry);
  if (!file) return 'other';
  try {
    const start = Math.max(0, offset - checkBytesMax);
    const { bytes, corrupt } = await readStretch(file, start, offset);
    // A damaged backup that begins alike and cannot be read up to the offset holds nothing that was not read.
    if (corrupt || checkOf(bytes) === check) return 'same';
    return bytes.length < offset - start ? 'shorter' : 'other';
  } finally {
    await file.close();
  }
}
