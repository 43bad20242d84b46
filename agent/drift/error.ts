import { CodedError } from '../error.ts';

/**
 * - `settings`: the file of expectations cannot be used
 * - `unreadable`: something that was to be looked at cannot be read
 */
export type DriftErrorCode = 'settings' | 'unreadable';

/** Why a look cannot be had; the message says what, where and what to do, and has none of a file's content. */
export class DriftError extends CodedError<DriftErrorCode> {}
