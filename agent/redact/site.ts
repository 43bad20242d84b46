import { offsetIn, unescaped } from './decoded.ts';
import type { Decoded } from './decoded.ts';
import { nestedMax } from './nested.ts';
import type { RuleName, Span } from './span.ts';
import { walkJson } from './walk.ts';
import type { Frame } from './walk.ts';

/** Where a rule would redact something. It never holds any of the value, nor its length. */
export interface RedactionSite {
  readonly rule: RuleName;
  /**
   * The string that the value is in, or is, as a JSON Pointer (RFC 6901) from the event on. JSON inside a string is gone into
   * as if it stood there. Empty for what is no event. Names of members in it are the client's own words.
   */
  readonly path: string;
  /** Offset of its first byte in the line. */
  readonly offset: number;
}

/** @param spans in order, none overlapping */
export function sitesOf(line: Decoded, spans: readonly Span[]): RedactionSite[] {
  const paths = new Map<Span, string>();
  locate(line, spans, '', 0, paths);
  return spans.map((span) => ({ rule: span.rule, path: paths.get(span) ?? '', offset: span.start }));
}

function locate(
  text: Decoded,
  spans: readonly Span[],
  base: string,
  nested: number,
  paths: Map<Span, string>,
): void {
  let next = 0;
  walkJson(text, {
    onKey() {},
    onClose() {},
    onString({ from, to, frames }) {
      const end = offsetIn(text, to);
      const first = next;
      while (next < spans.length && (spans[next] as Span).start < end) next += 1;
      if (next === first) return;
      const inside = spans.slice(first, next);
      const path = base + pointerTo(frames);
      for (const span of inside) paths.set(span, path);
      if (nested < nestedMax) locate(unescaped(text, from, to), inside, path, nested + 1, paths);
    },
  });
}

/** RFC 6901 §3; names in the units of a decoded text become characters. */
export function pointerTo(frames: readonly Frame[]): string {
  return frames.map((frame) => `/${frame.isArray ? frame.index : escaped(frame.key)}`).join('');
}

function escaped(key: string): string {
  return Buffer.from(key, 'latin1').toString().replaceAll('~', '~0').replaceAll('/', '~1');
}
