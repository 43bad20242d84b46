export type SealErrorCode =
  | 'bad-vkey'
  | 'bad-note'
  | 'bad-signature'
  | 'bad-checkpoint'
  | 'bad-record'
  | 'bad-origin'
  | 'bad-signer'
  | 'bad-statement';

/** What is wrong with a signed object, and which check said so. */
export class SealError extends Error {
  override readonly name = 'SealError';
  readonly code: SealErrorCode;

  constructor(code: SealErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
