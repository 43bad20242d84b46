import { identityOf, tampered } from './finding.ts';
import type { Finding, FindingKind } from './finding.ts';

/** Identities of each kind that a verdict lists: whoever floods it with findings of one kind hides none of another. */
export const identitiesMax = 500;

/**
 * The first few findings, and the identities of the first few of each kind. What was tampered with goes before all else, so that a
 * thousand gaps do not hide it.
 */
export class FindingSample {
  readonly #max: number;
  readonly #tampered: Finding[] = [];
  readonly #others: Finding[] = [];
  readonly #identities = new Map<FindingKind, string[]>();

  constructor(max: number) {
    this.#max = max;
  }

  add(finding: Finding): void {
    if (finding.excuse) return;
    const list = (tampered as readonly string[]).includes(finding.finding) ? this.#tampered : this.#others;
    if (list.length < this.#max) list.push(finding);
    const identities = this.#identities.get(finding.finding) ?? [];
    this.#identities.set(finding.finding, identities);
    if (identities.length < identitiesMax) identities.push(identityOf(finding));
  }

  list(): Finding[] {
    return [...this.#tampered, ...this.#others].slice(0, this.#max);
  }

  /** By kind, at most {@link identitiesMax} each. */
  identities(): ReadonlyMap<FindingKind, readonly string[]> {
    return this.#identities;
  }
}
