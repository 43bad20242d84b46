import { CodedError } from '../error.ts';

/**
 * - `state`: the saved state is not one that this version understands (see the message: newer, or damaged).
 * - `corrupt`: a compressed backup cannot be decompressed any further.
 * - `closed`: the source was used after `close()`.
 */
export type SourceErrorCode = 'state' | 'corrupt' | 'closed';

/** What the tailer cannot heal by waiting. File system errors are not among them: they are reported and retried. */
export class SourceError extends CodedError<SourceErrorCode> {}

/** True for what the operating system answered (ENOENT, EACCES, EIO …): the disk's state, which may heal. */
export function isFileSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** True when the path (or its folder) is not there. */
export function isAbsent(error: unknown): boolean {
  return isFileSystemError(error) && error.code === 'ENOENT';
}
