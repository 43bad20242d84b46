import { CodedError } from '../error.ts';

/** - `pseudonym-key`: a key file that cannot be used, or cannot be made */
export type PseudonymErrorCode = 'pseudonym-key';

/** Never holds any of a key. */
export class PseudonymError extends CodedError<PseudonymErrorCode> {}
