import { CodedError } from '../error.ts';

/**
 * - `not-yaml`: the text is not YAML, or more of it than a policy has
 * - `invalid`: with this policy no apiserver starts
 */
export type AuditPolicyErrorCode = 'not-yaml' | 'invalid';

/** An audit policy that an apiserver does not take; the message names the line and path of what is wrong. */
export class AuditPolicyError extends CodedError<AuditPolicyErrorCode> {}
