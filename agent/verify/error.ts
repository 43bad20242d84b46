/**
 * - `bad-response`: an answer of Elasticsearch that is not what it says, or is cut short
 * - `partial`: some shard did not answer, so that not every document was seen
 * - `trust-file`: a trust file that cannot be read, written or understood
 * - `operator-key`: an operator's key file that cannot be made, read or understood
 * - `usage`: an option that cannot be used
 */
export type VerifyErrorCode = 'bad-response' | 'partial' | 'trust-file' | 'operator-key' | 'usage';

/** Why nothing could be verified. */
export class VerifyError extends Error {
  override readonly name = 'VerifyError';
  readonly code: VerifyErrorCode;

  constructor(code: VerifyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
