import { offsetIn } from '../redact/index.ts';
import type { Decoded, Redacted } from '../redact/index.ts';
import type { Replaced } from './pseudonyms.ts';

/** What is counted in the manifest and named in `auditseal.redacted`; `pseudonym-text` is a rest of a text that may be part of a name. */
export const pseudonymRules = [
  'pseudonym-user',
  'pseudonym-email',
  'pseudonym-address',
  'pseudonym-text',
] as const;
export type PseudonymRule = (typeof pseudonymRules)[number];

/** Bytes of a line that do not leave the node, and what leaves it in their place. */
export interface Replacement {
  /** Offsets in the line, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  readonly rule: PseudonymRule;
  /** ASCII that needs no escape in JSON nor in a URI. */
  readonly text: string;
}

/** A part of a decoded text, which begins at its unit `from`, that has a pseudonym. */
export function replacementOf(decoded: Decoded, { from, to, kind, pseudonym }: Replaced): Replacement {
  return {
    start: offsetIn(decoded, from),
    end: offsetIn(decoded, to),
    rule: `pseudonym-${kind}`,
    text: pseudonym,
  };
}

/** A part of a decoded text of which only is known that it may say who somebody is. */
export function blanked(decoded: Decoded, from: number, to: number): Replacement {
  return {
    start: offsetIn(decoded, from),
    end: offsetIn(decoded, to),
    rule: 'pseudonym-text',
    text: 'pseudonym.text',
  };
}

/** The line with each replacement in its place, and how many by rule; undefined where there is none. */
export function replaced(line: Buffer, found: readonly Replacement[]): Redacted | undefined {
  const pieces: Buffer[] = [];
  const counts = new Map<string, number>();
  let from = 0;
  for (const { start, end, rule, text } of disjoint(found)) {
    pieces.push(line.subarray(from, start), Buffer.from(text));
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
    from = end;
  }
  return from === 0 && pieces.length === 0
    ? undefined
    : { bytes: Buffer.concat([...pieces, line.subarray(from)]), counts };
}

/**
 * In order, none inside another. Of two that overlap the one that begins first, then the longer one, then the one that was found
 * first is kept, and reaches to the end of both: of what was found to be a name nothing may stay.
 */
function disjoint(found: readonly Replacement[]): Replacement[] {
  const kept: Replacement[] = [];
  for (const next of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = kept.at(-1);
    if (next.start === next.end) continue;
    if (last === undefined || next.start >= last.end) kept.push(next);
    else if (next.end > last.end) kept[kept.length - 1] = { ...last, end: next.end };
  }
  return kept;
}
