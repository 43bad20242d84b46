import { offsetIn } from './decoded.ts';
import type { Decoded } from './decoded.ts';
import type { PathState } from './path-patterns.ts';

/** What redaction counts by, and what a mark says; docs/operations.md says what each takes out. */
export const ruleNames = [
  'secret-data',
  'config-map',
  'name',
  'environment',
  'argument',
  'literal',
  'private-key',
  'url-password',
  'authorization',
  'data-uri',
  'base64',
  'status',
  'admission',
  'user-extra',
  'oauth-token',
  'without-bodies',
  'body',
  'text',
] as const;
/** One of these, or of the configuration's own. */
export type RuleName = (typeof ruleNames)[number] | (string & {});

/** Bytes of a line that do not leave the node. */
export interface Span {
  /** Offsets in the line. */
  readonly start: number;
  readonly end: number;
  readonly rule: RuleName;
  /** The decoded value, a unit a byte of its UTF-8. */
  readonly value: string;
  /** What it is called, as far as rules and exceptions of the configuration ask for it. */
  readonly name?: string;
  /** Where it is, asked for likewise. */
  readonly path?: PathState | undefined;
}

/** A part of a decoded text as bytes of the line. */
export function spanOf(decoded: Decoded, from: number, to: number, rule: RuleName): Span {
  return {
    start: offsetIn(decoded, from),
    end: offsetIn(decoded, to),
    rule,
    value: decoded.text.slice(from, to),
  };
}

/** In order, none inside another: of two that overlap the one that begins first, or was found last, is kept, and reaches to the end of both. */
export function disjoint(spans: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const span of spans.toReversed().toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = found.at(-1);
    if (span.start === span.end) continue;
    if (last === undefined || span.start >= last.end) found.push(span);
    else if (span.end > last.end) found[found.length - 1] = { ...last, end: span.end };
  }
  return found;
}
