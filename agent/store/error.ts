import { CodedError, messageOf } from '../error.ts';

/**
 * - `locked`: another process has the folder
 * - `newer`: the state was written by a newer version
 * - `older`: the state was written by a version that this one does not continue
 * - `corrupt`: it is not a whole database
 * - `full`: the disk is full
 * - `failed`: anything else that SQLite or the file system says
 */
export type StoreErrorCode = 'locked' | 'newer' | 'older' | 'corrupt' | 'full' | 'failed';

/** What is wrong with the state folder, and what to do about it. */
export class StoreError extends CodedError<StoreErrorCode> {}

/** SQLite's primary result codes (sqlite.org/rescode.html) that name a cause which a person can mend. */
export function storeErrorFrom(cause: unknown, path: string): StoreError {
  if (cause instanceof StoreError) return cause;
  const result =
    cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number'
      ? cause.errcode % 256
      : undefined;
  const text = messageOf(cause);
  if (result === 13)
    return new StoreError(
      'full',
      `${path}: the disk is full (${text}); free space and auditseal goes on by itself`,
      { cause },
    );
  if (result === 11 || result === 26)
    return new StoreError('corrupt', `${path}: is not a whole database (${text})`, { cause });
  return new StoreError('failed', `${path}: ${text}`, { cause });
}
