import { CodedError } from '../error.ts';

/** - `invalid`: the text is no condition that can be used */
export type CelErrorCode = 'invalid';

/** A condition that cannot be used; the message says why, and shows where by a caret. */
export class CelError extends CodedError<CelErrorCode> {}
