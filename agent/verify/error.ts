import { CodedError } from '../error.ts';

/**
 * - `bad-response`: an answer of Elasticsearch that is not what it says, or is cut short
 * - `records-moved`: the record stream gave other documents when it was read again; what was judged cannot be relied on
 * - `no-stream`: there is no stream of this namespace
 * - `usage`: an option that cannot be used
 */
export type VerifyErrorCode = 'bad-response' | 'records-moved' | 'no-stream' | 'usage';

/** Why nothing could be verified. */
export class VerifyError extends CodedError<VerifyErrorCode> {}
