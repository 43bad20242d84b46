import { CodedError } from '../error.ts';

/**
 * - `trust-file`: a trust file that cannot be read, written or understood
 * - `operator-key`: an operator's key file that cannot be made, read or understood
 */
export type TrustErrorCode = 'trust-file' | 'operator-key';

/** Why a trust file or an operator's key cannot be used. */
export class TrustError extends CodedError<TrustErrorCode> {}
