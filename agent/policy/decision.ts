/**
 * What happens to an event. `metadata` cuts requestObject and responseObject out of its bytes, `request` cuts
 * responseObject, `keep` leaves the line as it is.
 */
export interface Decision {
  readonly action: 'drop' | 'metadata' | 'request' | 'keep';
  /** Name of the rule that decided: its `name`, `rule-<index>`, or `default` if none matched. */
  readonly rule: string;
}
