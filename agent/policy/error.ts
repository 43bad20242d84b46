export type PolicyErrorCode = 'not_yaml' | 'invalid';

/** A policy that cannot be used; the message names the path of what is wrong and what is allowed. */
export class PolicyError extends Error {
  override name = 'PolicyError';
  readonly code: PolicyErrorCode;

  constructor(code: PolicyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
