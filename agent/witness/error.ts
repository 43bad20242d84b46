import { CodedError } from '../error.ts';

/**
 * - `later`: no answer, or one that may be another by itself
 * - `unknown-log`: the witness does not know the log, or its key: it has to be told of them
 * - `bad-answer`: an answer that is none of tlog-witness
 * - `bad-record`: what the shipper has stored is no record of ours
 */
export type WitnessErrorCode = 'later' | 'unknown-log' | 'bad-answer' | 'bad-record';

/** Why a witness has not cosigned. */
export class WitnessError extends CodedError<WitnessErrorCode> {}
