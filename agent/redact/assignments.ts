import type { Decoded } from './decoded.ts';
import { builtInNames } from './names.ts';
import type { SecretNames } from './names.ts';
import { pipedInto } from './piped.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';
import { endOfRun, isUnit, letters, spaces, startOfRun, unitsOf } from './units.ts';
import { blockBelow, columnOf, endOfLine, isAbove, isMappingBelow } from './yaml.ts';
import type { Range } from './yaml.ts';

const nameUnits = unitsOf('a-z', 'A-Z', '0-9', '_.-');
const quoteUnits = unitsOf('"\'\\');
const endUnits = unitsOf(' \t\r\n\f\v"\'&,;})]\\|');
const proseEndUnits = unitsOf('\n"\',;)');
const valueKeys = ['value:', '"value":'];

/**
 * Values of secret-like names in text: `PASSWORD=x`, `"token": "x"`, `password: x`, `--token x`, the lines below `password: |`, the
 * `value` below `name: TOKEN`.
 *
 * @param isProse a message for people, in which `token: ` begins a sentence
 */
export function assignmentsIn(decoded: Decoded, isProse = false, names: SecretNames = builtInNames): Span[] {
  const { text } = decoded;
  const spans: Span[] = [];
  let past = 0;
  for (const { at } of names.keywords.findIn(text)) {
    if (at < past) continue;
    const from = startOfRun(text, at, nameUnits, past);
    const to = endOfRun(text, at, nameUnits);
    past = to;
    const name = text.slice(from, Math.min(to, from + 257));
    const rule = names.ruleOf(name, 'name');
    const value =
      rule !== undefined
        ? (valueAfter(text, from, to, isProse) ?? pipedInto(text, from, to))
        : name === 'chpasswd'
          ? (usersBelow(text, from, to) ?? pipedInto(text, from, to))
          : undefined;
    if (!value) continue;
    spans.push({ ...spanOf(decoded, value.from, value.to, rule ?? 'name'), name });
    past = Math.max(past, value.to);
  }
  return spans;
}

/** The value that a name at `from` to `to` is given, if it is. */
function valueAfter(text: string, from: number, to: number, isProse: boolean): Range | undefined {
  let at = endOfRun(text, to, quoteUnits, Math.min(text.length, to + 4));
  const isQuoted = at > to;
  const afterName = at;
  at = endOfRun(text, at, spaces);
  const isFlag = text[from] === '-' && at > to && !isQuoted;
  const isSentence = isProse && !isQuoted && text.startsWith(': ', at);
  const separator = text[at];
  if (separator === '=' || separator === ':') at += 1;
  else if (!isFlag) return valueBelow(text, afterName);
  if (separator === ':' && isAbove(text, at)) {
    const below = scalarBelow(text, from, at);
    if (below !== undefined || text[at] === '\n') return below;
  }
  at = endOfRun(text, at, spaces);
  const open = at;
  at = endOfRun(text, at, quoteUnits, Math.min(text.length, open + 8));
  at = afterScheme(text, at);
  const quote = at > open ? text.charAt(at - 1) : undefined;
  // Looked at in part first: to find the end of what is no value again and again would cost the square of the text.
  const seen = endOfValue(text, at, quote, Math.min(text.length, at + 64));
  if (seen === at || !isValue(text.slice(at, seen))) return undefined;
  const end = endOfValue(text, seen, quote, text.length);
  if (isSentence && !endsSentence(text, at, end)) return undefined;
  if (quote === undefined && separator === ':' && columnOf(text, from) !== undefined)
    return { from: at, to: Math.max(end, endOfPlain(text, end)) };
  return { from: at, to: end };
}

/** `Authorization: Bearer` before a token. */
function afterScheme(text: string, at: number): number {
  for (const scheme of ['bearer ', 'basic '])
    if (text.slice(at, at + scheme.length).toLowerCase() === scheme) return at + scheme.length;
  return at;
}

function endOfValue(text: string, from: number, quote: string | undefined, to: number): number {
  let at = from;
  if (quote === undefined) while (at < to && !isUnit(text, at, endUnits)) at += 1;
  else while (at < to && text[at] !== quote) at += 1;
  return at;
}

/** In `password: x` at the end of a message x is one; `token: expired` and `token: the word after it` are none. */
function endsSentence(text: string, from: number, to: number): boolean {
  if (endOfRun(text, from, letters, to) === to) return false;
  return to === text.length || isUnit(text, to, proseEndUnits);
}

/** A plain scalar of YAML goes to the end of its line, or to a comment (YAML 1.2 §7.3.3). */
function endOfPlain(text: string, from: number): number {
  const end = endOfLine(text, from);
  const comment = text.slice(from, end).indexOf(' #');
  const to = comment < 0 ? end : from + comment;
  return text[to - 1] === '\r' ? to - 1 : to;
}

/** Lines below a key, unless they are keys and values of their own. */
function scalarBelow(text: string, key: number, at: number): Range | undefined {
  const column = columnOf(text, key);
  const header = text[endOfRun(text, at, spaces)];
  const isScalar = header === '|' || header === '>';
  if (column === undefined || (!isScalar && isMappingBelow(text, at))) return undefined;
  return blockBelow(text, at, column);
}

/** `- name: TOKEN` and below it `value: x`. */
function valueBelow(text: string, afterName: number): Range | undefined {
  const end = endOfRun(text, afterName, unitsOfLineEnd);
  if (text[end] !== '\n') return undefined;
  const first = endOfRun(text, end + 1, spaces);
  const key = valueKeys.find((one) => text.startsWith(one, first));
  if (key === undefined) return undefined;
  const lineEnd = endOfLine(text, first);
  const from = first + key.length;
  if (isAbove(text, from)) return scalarBelow(text, first, from);
  const value = endOfRun(text, from, valueStart, lineEnd);
  return isValue(text.slice(value, Math.min(lineEnd, value + 64))) ? { from: value, to: lineEnd } : undefined;
}

const unitsOfLineEnd = unitsOf(' \t\r,');
const valueStart = unitsOf(' \t"\'');

/** `list` of cloud-init's `chpasswd`: a name and a password a line. */
function usersBelow(text: string, from: number, to: number): Range | undefined {
  if (text[to] !== ':') return undefined;
  const column = columnOf(text, from);
  const lineEnd = to + endOfLine(text.slice(to, to + usersLengthMax), 0);
  const block = column === undefined ? undefined : blockBelow(text, to, column, usersLengthMax);
  const end = Math.max(block?.to ?? 0, lineEnd);
  const list = text.slice(to, end).indexOf('list:');
  return list < 0 ? undefined : { from: to + list + 'list:'.length, to: end };
}

/** Of nested keys each would look through all that is below it. */
const usersLengthMax = 4096;

const words = new Set(['true', 'false', 'null', 'none', 'nil', '""', "''", '|', '>', '{', '[']);

/** Not a reference to a variable, nor a place that was left open, nor a word of JSON or YAML. */
export function isValue(text: string): boolean {
  return isMemberValue(text) && !text.startsWith('{') && !text.startsWith('[');
}

/** The same of a whole string, which may be JSON that is a secret as a whole. */
export function isMemberValue(text: string): boolean {
  if (text === '' || (text.length < 6 && words.has(text.toLowerCase()))) return false;
  return !['$(', '${', '{{', '<', 'redacted.'].some((start) => text.startsWith(start));
}
