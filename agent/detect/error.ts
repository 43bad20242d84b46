import { CodedError } from '../error.ts';

/**
 * - `not-yaml`: the text is not YAML, or more of it than a list of rules has
 * - `invalid`: it is, and is no list of rules that can be used
 */
export type DetectErrorCode = 'not-yaml' | 'invalid';

/** Rules that cannot be used; the message names each that is wrong, where, and what is allowed. */
export class DetectError extends CodedError<DetectErrorCode> {}
