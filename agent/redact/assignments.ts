import type { Decoded } from './decoded.ts';
import { Keywords } from './keywords.ts';
import { isSecretName } from './names.ts';
import { spanOf } from './span.ts';
import type { Span } from './span.ts';

/** Parts of names that may end like a secret's. Every name that `isSecretName` takes holds one. */
export const nameKeywords = [
  'pass',
  'pwd',
  'secret',
  'token',
  'key',
  'bearer',
  'jwt',
  'cred',
  'authorization',
  'cookie',
  'docker',
  'connection',
  'sig',
  'assertion',
];
const keywords = new Keywords(nameKeywords);

const nameUnit = /[A-Za-z0-9_.-]/;
const quoteUnit = /["'\\]/;
const endUnit = /[\s"'&,;}\])\\|]/;
const scheme = /^(?:bearer|basic) $/i;

/**
 * Values of secret-like names in text: `PASSWORD=x`, `"token": "x"`, `password: x`, `--token x`.
 *
 * @param isProse a message for people, in which `token: ` begins a sentence
 */
export function assignmentsIn(decoded: Decoded, isProse = false): Span[] {
  const { text } = decoded;
  const spans: Span[] = [];
  let past = 0;
  for (const { at } of keywords.findIn(text)) {
    if (at < past) continue;
    let from = at;
    while (from > past && nameUnit.test(text.charAt(from - 1))) from -= 1;
    let to = at;
    while (to < text.length && nameUnit.test(text.charAt(to))) to += 1;
    past = to;
    if (!isSecretName(text.slice(from, to))) continue;
    const value = valueAfter(text, from, to, isProse);
    if (!value) continue;
    spans.push(spanOf(decoded, value.from, value.to, 'name'));
    past = value.to;
  }
  return spans;
}

/** The value that a name at `from` to `to` is given, if it is. */
function valueAfter(
  text: string,
  from: number,
  to: number,
  isProse: boolean,
): { from: number; to: number } | undefined {
  let at = to;
  while (at < to + 4 && quoteUnit.test(text.charAt(at))) at += 1;
  const isQuoted = at > to;
  while (text[at] === ' ') at += 1;
  const isFlag = text[from] === '-' && at > to && !isQuoted;
  if (isProse && !isQuoted && text.startsWith(': ', at)) return undefined;
  if (text[at] === '=' || text[at] === ':') at += 1;
  else if (!isFlag) return undefined;
  while (text[at] === ' ') at += 1;
  const open = at;
  while (at < open + 8 && quoteUnit.test(text.charAt(at))) at += 1;
  if (scheme.test(text.slice(at, at + 7))) at += 7;
  else if (scheme.test(text.slice(at, at + 6))) at += 6;
  const quote = at > open ? text.charAt(at - 1) : undefined;
  // Looked at in part first: to find the end of what is no value again and again would cost the square of the text.
  const seen = endOfValue(text, at, quote, Math.min(text.length, at + 64));
  if (seen === at || !isValue(text.slice(at, seen))) return undefined;
  return { from: at, to: endOfValue(text, seen, quote, text.length) };
}

function endOfValue(text: string, from: number, quote: string | undefined, to: number): number {
  let at = from;
  while (at < to && !(quote === undefined ? endUnit.test(text.charAt(at)) : text[at] === quote)) at += 1;
  return at;
}

/** Not a reference to a variable, nor a place that was left open, nor a word of JSON or YAML. */
export function isValue(text: string): boolean {
  if (text === '' || /^(?:true|false|null|none|nil|""|''|\||>|\{|\[)$/i.test(text)) return false;
  return (
    !/^\$[({]/.test(text) && !text.startsWith('<') && !text.startsWith('redacted.') && !/^[{[]/.test(text)
  );
}
