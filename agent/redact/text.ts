import { assignmentsIn } from './assignments.ts';
import type { Decoded } from './decoded.ts';
import { kept } from './find.ts';
import { literalsIn } from './literals.ts';
import { unnamedIn } from './own-rules.ts';
import type { OwnRules } from './own-rules.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';
import { endOfRun, isUnit, unitsOf } from './units.ts';

/**
 * What a body or a Secret's data begins with, however it is wrapped: in a torn event, in a list of events, escaped inside
 * another log's line. Behind it anything may stand that is a secret, and nothing tells where it ends.
 */
const beginnings = ['requestObject', 'responseObject', 'stringData', '"data"', '"data\\"'];

const base64Units = unitsOf('a-z', 'A-Z', '0-9', '+/=');
const digitUnits = unitsOf('0-9', '+=');
const smallLetters = unitsOf('a-z');
const capitals = unitsOf('A-Z');
const base64Min = 20;

/** Secrets of a line that is no audit event. */
export function secretsInLine(line: Decoded, own: OwnRules): Span[] {
  const { text } = line;
  const found = beginnings.map((beginning) => text.indexOf(beginning)).filter((at) => at >= 0);
  const end = found.length === 0 ? text.length : Math.min(...found);
  const body = end < text.length ? [spanOf(line, end, text.length, 'body')] : [];
  const spans = [...body, ...assignmentsIn(line, false, own.names), ...literalsIn(line), ...base64In(line)];
  return own.isEmpty ? spans : kept([...spans, ...unnamedIn(line, own, undefined)], own);
}

/** Runs that look like base64 of anything: with letters of both cases and digits, and no path or name. */
function base64In(line: Decoded): Span[] {
  const { text } = line;
  const spans: Span[] = [];
  for (let from = 0; from < text.length; from += 1) {
    const to = endOfRun(text, from, base64Units);
    if (to - from >= base64Min && isBase64(text.slice(from, to))) spans.push(spanOf(line, from, to, 'text'));
    from = to;
  }
  return spans;
}

function isBase64(run: string): boolean {
  return !run.startsWith('/') && [capitals, smallLetters, digitUnits].every((units) => holds(run, units));
}

function holds(run: string, units: Uint8Array): boolean {
  for (let at = 0; at < run.length; at += 1) if (isUnit(run, at, units)) return true;
  return false;
}
