import type { Notice } from '../../seal/index.ts';

/** Those of docs/seal-format.md §2. */
const known: ReadonlySet<string> = new Set([
  'start',
  'stop',
  'paused',
  'epoch',
  'next',
  'policy',
  'config',
  'refused',
  'copies',
  'clock',
  'drift',
  'detect',
  'notify',
]);

/** A thief of a key may invent any number of kinds. */
const kindsMax = 100;
const charsMax = 100;

/** Notices that a later version of the format may know: they are reported, and no finding. */
export class UnknownNotices {
  readonly #counts = new Map<string, number>();

  take(notices: readonly Notice[]): void {
    for (const { kind } of notices) {
      if (known.has(kind)) continue;
      const name = kind.slice(0, charsMax);
      const before = this.#counts.get(name);
      if (before !== undefined || this.#counts.size < kindsMax) this.#counts.set(name, (before ?? 0) + 1);
    }
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
