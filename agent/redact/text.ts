import { assignmentsIn } from './assignments.ts';
import type { Decoded } from './decoded.ts';
import { literalsIn } from './literals.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';

/**
 * What a body or a Secret's data begins with, however it is wrapped: in a torn event, in a list of events, escaped inside
 * another log's line. Behind it anything may stand that is a secret, and nothing tells where it ends.
 */
const beginnings = ['requestObject', 'responseObject', 'stringData', '"data"', '"data\\"'];

const base64Unit = /[A-Za-z0-9+/=]/;
const base64Min = 20;

/** Secrets of a line that is no audit event. */
export function secretsInLine(line: Decoded): Span[] {
  const { text } = line;
  const found = beginnings.map((beginning) => text.indexOf(beginning)).filter((at) => at >= 0);
  const end = found.length === 0 ? text.length : Math.min(...found);
  const body = end < text.length ? [spanOf(line, end, text.length, 'body')] : [];
  return [...body, ...assignmentsIn(line), ...literalsIn(line), ...base64In(line)];
}

/** Runs that look like base64 of anything: with letters of both cases and digits, and no path or name. */
function base64In(line: Decoded): Span[] {
  const { text } = line;
  const spans: Span[] = [];
  for (let from = 0; from < text.length; from += 1) {
    let to = from;
    while (to < text.length && base64Unit.test(text.charAt(to))) to += 1;
    if (to - from >= base64Min && isBase64(text.slice(from, to))) spans.push(spanOf(line, from, to, 'text'));
    from = to;
  }
  return spans;
}

function isBase64(run: string): boolean {
  return /[A-Z]/.test(run) && /[a-z]/.test(run) && /[0-9+=]/.test(run) && !run.startsWith('/');
}
