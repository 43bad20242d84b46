import type { Notice } from './manifest.ts';

type CopiesNotice = Extract<Notice, { kind: 'copies' }>;

export interface PossibleCopies {
  origin: string;
  /** Both ends are included. */
  first: number;
  last: number;
  /** RFC 3339. */
  at: string;
}

/** The notices (docs/seal-format.md §2) that announce possible copies in a manifest of `origin`; ranges that touch are one. */
export function copiesNotices(copies: readonly PossibleCopies[], origin: string): CopiesNotice[] {
  const merged: PossibleCopies[] = [];
  for (const next of copies.toSorted((a, b) => a.origin.localeCompare(b.origin) || a.first - b.first)) {
    const last = merged.at(-1);
    if (last?.origin === next.origin && next.first <= last.last + 1) {
      last.last = Math.max(last.last, next.last);
      if (next.at > last.at) last.at = next.at;
    } else merged.push({ ...next });
  }
  return merged.map(({ first, last, at, origin: of }) => ({
    kind: 'copies',
    at,
    first,
    last,
    // An epoch that has ended has no manifest of its own left to say it in.
    ...(of !== origin && { origin: of }),
  }));
}
