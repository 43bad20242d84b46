import { isFileSystemError } from './error.ts';
import { BEGINNING_BYTES_MAX, beginningOf, CHECK_BYTES_MAX, checkOf } from './fingerprint.ts';
import type { Entry } from './listing.ts';
import { openListed, readStretch } from './open-file.ts';

/** A file's beginning; `gone` if the path led elsewhere by the time it was opened; why it cannot be read. */
export type Head = { fingerprint: string; complete: boolean; empty: boolean } | 'gone' | Error;

export const fingerprintIn = (head: Head | undefined) =>
  typeof head === 'object' && 'fingerprint' in head ? head.fingerprint : undefined;

export async function readHead(entry: Entry): Promise<Head> {
  try {
    const file = await openListed(entry);
    if (!file) return 'gone';
    try {
      const { bytes, corrupt } = await readStretch(file, 0, BEGINNING_BYTES_MAX);
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

/** Whether the up to 1,024 bytes before an offset have this SHA-256. */
export async function readMatches(entry: Entry, offset: number, check: string): Promise<boolean> {
  const file = await openListed(entry);
  if (!file) return false;
  try {
    const { bytes, corrupt } = await readStretch(file, Math.max(0, offset - CHECK_BYTES_MAX), offset);
    // A damaged backup that begins alike and cannot be read up to the offset holds nothing that was not read.
    return corrupt || checkOf(bytes) === check;
  } finally {
    await file.close();
  }
}
