/**
 * The audit policy of an apiserver, from outside: read as the apiserver reads it, compared with another by what is written, and
 * held against rules that need certain events.
 */
export { blindElasticRules, blindRules, type Blindness, type BlindRule } from './blind.ts';
export { decodeAuditPolicy, type DecodedPolicy, type Forgiven } from './decode.ts';
export { AuditPolicyError, type AuditPolicyErrorCode } from './error.ts';
export { AuditPolicy, policyAsOf, type AuditRequest, type Written } from './evaluate.ts';
export { diffPolicies, type Change, type PolicyDiff } from './diff.ts';
export { recommendedPolicyFile } from './recommended.ts';
export { wordsOf } from './words.ts';
