import { assignmentsIn } from './assignments.ts';
import { partOf } from './decoded.ts';
import type { Decoded } from './decoded.ts';
import { kept } from './find.ts';
import { literalsIn } from './literals.ts';
import { unnamedIn } from './own-rules.ts';
import type { OwnRules } from './own-rules.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';
import { endOfRun, isUnit, unitsOf } from './units.ts';

/**
 * What a body, or a text that may quote one, begins with, however it is wrapped: in a torn event, in a list of events, escaped
 * inside another log's line. Behind it anything may stand that is a secret, and nothing tells where it ends.
 */
const beginnings = [
  'responseStatus',
  'requestObject',
  'responseObject',
  'annotations',
  'stringData',
  '"data"',
  '"data\\"',
  // Blocks that a power failure left unwritten: what comes after them is the end of something else.
  '\0\0\0\0',
];
const uriName = 'requestURI';
const extraName = 'extra';

const beforeValue = unitsOf('":\\ ');
const uriMarks = unitsOf('?%=;');
const base64Units = unitsOf('a-z', 'A-Z', '0-9', '+/=');
const digitUnits = unitsOf('0-9', '+=');
const smallLetters = unitsOf('a-z');
const capitals = unitsOf('A-Z');
const base64Min = 20;

/** Secrets of a line that is no audit event. */
export function secretsInLine(line: Decoded, own: OwnRules): Span[] {
  const { text } = line;
  if (isRest(text)) return [spanOf(line, 0, text.length, 'text')];
  const found = beginnings.map((beginning) => text.indexOf(beginning)).filter((at) => at >= 0);
  const end = Math.min(text.length, ...found);
  const head = partOf(line, 0, end);
  const spans = [
    ...queriesIn(head),
    ...extrasIn(head),
    ...assignmentsIn(head, false, own.names),
    ...literalsIn(head, true),
    ...base64In(head),
  ];
  if (end < text.length) spans.push(spanOf(line, end, text.length, 'body'));
  return own.isEmpty ? spans : kept([...spans, ...unnamedIn(line, own, undefined)], own);
}

/**
 * The rest of a line whose beginning is missing: it closes what it did not open, or what comes before its first object is none of
 * another log's words. It may be the middle of a Secret, and nothing in it says so.
 */
function isRest(text: string): boolean {
  const first = text.indexOf('{');
  const before = first < 0 ? text : text.slice(0, first);
  if (before.includes('}') || (first >= 0 && before.includes('"'))) return true;
  let depth = 0;
  let isString = false;
  for (let at = Math.max(first, 0); at < text.length; at += 1) {
    const unit = text[at];
    if (isString && unit === '\\') at += 1;
    else if (unit === '"') isString = !isString;
    else if (isString) continue;
    else if (unit === '{') depth += 1;
    else if (unit === '}' && (depth -= 1) < 0) return true;
  }
  return false;
}

/** What follows the path of each URI, and a path that is encoded: flags, parameters and addresses are too many forms to read. */
function queriesIn(head: Decoded): Span[] {
  const { text } = head;
  const spans: Span[] = [];
  for (let at = text.indexOf(uriName); at >= 0; at = text.indexOf(uriName, at + 1)) {
    const start = endOfRun(text, at + uriName.length, beforeValue);
    const quote = text.indexOf('"', start);
    let to = quote < 0 ? text.length : quote;
    let from = start;
    while (from < to && !isUnit(text, from, uriMarks)) from += 1;
    // The escape of the quote itself.
    while (to > from && text[to - 1] === '\\') to -= 1;
    if (from < to) spans.push(spanOf(head, from, to, 'text'));
    at = to;
  }
  return spans;
}

/** What authenticators put into `user.extra`. */
function extrasIn(head: Decoded): Span[] {
  const { text } = head;
  const spans: Span[] = [];
  for (let at = text.indexOf(extraName); at >= 0; at = text.indexOf(extraName, at + 1)) {
    const from = at + extraName.length;
    if (text[from] !== '"' && text[from] !== '\\') continue;
    const end = text.indexOf('}', from);
    spans.push(spanOf(head, from, end < 0 ? text.length : end, 'text'));
    if (end < 0) break;
    at = end;
  }
  return spans;
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
