import { CodedError } from '../error.ts';

/**
 * - `not-yaml`: the text is not YAML, or more of it than a policy has
 * - `invalid`: it can, and is no audit policy
 */
export type PolicyErrorCode = 'not-yaml' | 'invalid';

/** A policy that cannot be used; the message names the path of what is wrong and what is allowed. */
export class PolicyError extends CodedError<PolicyErrorCode> {}
