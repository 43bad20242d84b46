import type { CheckResult } from '../check-result.ts';

/** What a look at something that decides what gets logged came to. */
export interface Finding extends CheckResult {
  /** Stable, as `flag-audit-log-maxage`: metrics, notices and the file of expectations call it so. */
  readonly id: string;
  /** Where the expectation comes from, as `CIS 1.2.17, STIG V-242464`, or `ours` with a reason. */
  readonly why: string;
  /** Lines to paste, where the remedy says. */
  readonly fix?: string | undefined;
}

export const ours = 'ours';

/** Longer texts come from files and servers, and stand in signed manifests. */
const textMax = 600;

export function cutText(text: string): string {
  return text.length > textMax ? `${text.slice(0, textMax)}…` : text;
}

/** What a finding says, without what to do about it: the same is no news. */
export function sameness({ state, found }: Finding): string {
  return `${state} ${found}`;
}

type Given = Omit<Finding, 'state' | 'remedy'>;

export function ok(finding: Given): Finding {
  return { ...finding, found: cutText(finding.found), state: 'ok', remedy: '' };
}

export function warning(finding: Given & { remedy: string }): Finding {
  return { ...finding, found: cutText(finding.found), state: 'warning' };
}

export function problem(finding: Given & { remedy: string }): Finding {
  return { ...finding, found: cutText(finding.found), state: 'problem' };
}

export function unchecked(finding: Given & { remedy?: string }): Finding {
  return { ...finding, found: cutText(finding.found), state: 'unchecked', remedy: finding.remedy ?? '' };
}
