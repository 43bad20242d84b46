import { CodedError } from '../error.ts';

/**
 * - `not-yaml`: the text cannot be read as YAML
 * - `invalid`: it can, and is no audit policy
 */
export type PolicyErrorCode = 'not-yaml' | 'invalid';

/** A policy that cannot be used; the message names the path of what is wrong and what is allowed. */
export class PolicyError extends CodedError<PolicyErrorCode> {}
