import { CodedError } from '../error.ts';

/**
 * - `usage`: a question or a folder that cannot be used
 * - `not-there`: nothing by this name, or no record of it yet
 * - `tampered`: what is there is not what was sealed
 * - `untrusted`: no key of the trust file leads to the log's
 */
export type ProofErrorCode = 'usage' | 'not-there' | 'tampered' | 'untrusted';

/** Why there is no proof. */
export class ProofError extends CodedError<ProofErrorCode> {}
