/**
 * What a look at one part of an installation came to. Every check of ours gives a list of these, so that all can be shown alike.
 *
 * - `ok`: as it should be
 * - `warning`: the evidence may suffer, or its verification will have something to say
 * - `problem`: nothing may be done before it is mended
 * - `unchecked`: these credentials may not look; `found` names what it takes
 */
export interface CheckResult {
  /** What was looked at: `index template for logs-kubernetes.audit_logs-default`. */
  name: string;
  state: 'ok' | 'warning' | 'problem' | 'unchecked';
  /** What is there, so that "`name`: `found` instead of `expected`" is a sentence. */
  found: string;
  expected: string;
  /** What it means for the evidence and what to do about it, in whole sentences; empty if nothing is to be done. */
  remedy: string;
}

/** For a message: what was found in each, then what to do, each remedy once. */
export function describeResults(results: readonly CheckResult[]): string {
  const facts = results.map(({ name, found, expected }) => `${name}: ${found} instead of ${expected}`);
  const remedies = new Set(results.map(({ remedy }) => remedy));
  return [`${facts.join('; ')}.`, ...remedies].join(' ').trimEnd();
}
