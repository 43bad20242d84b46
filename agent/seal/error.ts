import { CodedError } from '../error.ts';

/**
 * Which object is not as docs/seal-format.md has it:
 * - `bad-vkey`: a verifier key
 * - `bad-note`: a signed note's form
 * - `bad-signature`: a note's signature, or whose it is
 * - `bad-checkpoint`: a checkpoint
 * - `bad-record`: a batch record
 * - `bad-origin`: the name of a log
 * - `bad-signer`: a private key
 * - `bad-statement`: an operator's statement
 * - `bad-proof`: a proof of an event
 * - `bad-time-stamp`: a TSA's reply
 */
export type SealErrorCode =
  | 'bad-vkey'
  | 'bad-note'
  | 'bad-signature'
  | 'bad-checkpoint'
  | 'bad-record'
  | 'bad-origin'
  | 'bad-signer'
  | 'bad-statement'
  | 'bad-proof'
  | 'bad-time-stamp';

/** What is wrong with a signed object, and which check said so. */
export class SealError extends CodedError<SealErrorCode> {}
