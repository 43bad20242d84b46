import { notProvenComplete, tampered } from './finding.ts';
import type { FindingKind } from './finding.ts';

export type Verdict = 'verified' | 'tampered' | 'could not check' | 'not proven complete';

/** Exit codes of docs/seal-format.md §8.5. */
export const exitCodes: Record<Verdict, number> = {
  verified: 0,
  tampered: 1,
  'could not check': 2,
  'not proven complete': 3,
};

/** The verdict from how often each finding was made; `obstacle` is why something could not be checked. */
export function verdictOf(counts: ReadonlyMap<FindingKind, number>, obstacle: string | undefined): Verdict {
  if (tampered.some((kind) => counts.has(kind))) return 'tampered';
  if (obstacle !== undefined) return 'could not check';
  return notProvenComplete.some((kind) => counts.has(kind)) ? 'not proven complete' : 'verified';
}
