import { CodedError } from '../error.ts';

/**
 * - `absent`: there is no such file
 * - `unreadable`: there is, but it cannot be read
 * - `too-large`: it has more bytes, levels, keys or aliases than its kind may have
 * - `not-text`: its bytes are not UTF-8
 * - `not-yaml`, `not-json`: its text is not that
 */
export type InputErrorCode = 'absent' | 'unreadable' | 'too-large' | 'not-text' | 'not-yaml' | 'not-json';

/**
 * Why a file that somebody gave us cannot be used. The message is the rest of a sentence that begins with the name of the file,
 * and never holds any of its content: it may be a key that was given in place of another file.
 */
export class InputError extends CodedError<InputErrorCode> {}
