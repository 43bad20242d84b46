import { blindElasticRules, blindRules } from '../../audit-policy/index.ts';
import type { Blindness, DecodedPolicy } from '../../audit-policy/index.ts';
import type { Rule } from '../../detect/index.ts';

/** What a policy blinds of our rules and of Elastic's. */
export interface DoctorBlindness {
  readonly ours: Blindness;
  readonly elastic: Blindness;
}

/** @param rules of the configuration; default: the built-in ones */
export function blindnessOf(
  policy: DecodedPolicy['policy'],
  rules: readonly Rule[] | undefined,
): DoctorBlindness {
  return { ours: blindRules(policy, rules), elastic: blindElasticRules(policy) };
}
