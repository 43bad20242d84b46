/**
 * What happens to an event. `metadata` cuts requestObject and responseObject out of its bytes, `request` cuts
 * responseObject, `keep` leaves the line as it is.
 */
export interface Decision {
  readonly action: 'drop' | 'metadata' | 'request' | 'keep';
  /** Name of the rule that decided: its `name`, `rule-<index>`, or `default` if none matched. */
  readonly rule: string;
  /** Managed fields are cut out of the bodies that are left. */
  readonly omitManagedFields: boolean;
}

/** Why a decision was made. */
export interface Explanation {
  readonly decision: Decision;
  /** Of each rule before the one that decided, in order, the first of its conditions that did not hold. */
  readonly before: readonly NotHolding[];
}

export interface NotHolding {
  readonly rule: string;
  /** As a policy writes it, as `users`; `well-formed` of a rule that drops, about an event that is not as the apiserver writes one. */
  readonly condition: string;
  /** Members of the event that it reads. */
  readonly reads: readonly string[];
}
