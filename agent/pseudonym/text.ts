import type { Decoded } from '../redact/index.ts';
import type { Part } from './email.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { blanked, replacementOf } from './replacement.ts';
import type { Replacement } from './replacement.ts';
import { addressReplacements, emailReplacements, ownNameReplacements } from './scan.ts';

const nameKeys = new Set(['username', 'userName', 'userNames', 'users', 'user', 'identities', 'fullName']);
/** Who a user is, in words that nobody can tell from others. */
const identityKeys = new Set(['uid', 'extra']);
const personKinds = new Set(['User', 'Identity', 'UserIdentityMapping', 'users', 'identities']);
/** Behind these words stands a name in quotes. */
const beforeName = /user(?:s|name)?(?:\.user\.openshift\.io)? $/i;
/** `user=alice`, `username: alice`. */
const assigned = /^(?:name)?\s?[=:]\s?/i;
const assignedEnd = /[\s,;&)}\]'<>\\]/;
const afterString = /^\s?[,:}\]]/;
const fragmentUnit = /[A-Za-z0-9._%+@:\-\u0080-\u00ff]/;
/** Members of an object that are looked at around its `kind`; different names that are looked for in the rest of a text. */
const aroundMax = 24;
const namesMax = 64;

/** Of JSON that was cut off, as a torn event is. */
const isTorn = (text: string) => text.includes('{') && !/[}\]]\s*$/.test(text.slice(-8));

/**
 * What a line that is no event says of persons. It may be torn, wrapped by a container runtime, escaped once or more: all that is
 * taken for sure is that quotes stand around strings. Names are looked for by what stands before them, and what was found is
 * looked for in all of the text.
 *
 * @param isPart it goes on behind its end
 */
export function replacementsInText(line: Decoded, pseudonyms: Pseudonyms, isPart: boolean): Replacement[] {
  const { text } = line;
  const isCut = isPart || isTorn(text);
  const pieces = piecesOf(text);
  const names = new Set<string>();
  const found: Replacement[] = [];
  const take = (value: Part) => {
    const written = text.slice(value.from, value.to);
    const name = pseudonyms.name(written);
    if (!name) return;
    if (names.size < namesMax) names.add(written);
    found.push(replacementOf(line, { ...name, from: value.from + name.from, to: value.from + name.to }));
  };
  for (const [i, piece] of pieces.entries()) {
    const word = text.slice(piece.from, piece.to);
    const value = pieces[i + 2];
    const separator = shown(text, pieces[i + 1]);
    if (value && nameKeys.has(word) && separator === ':') take(value);
    else if (nameKeys.has(word) && separator.startsWith(':['))
      for (const each of listAt(text, pieces, i + 2)) take(each);
    else if (identityKeys.has(word) && separator.startsWith(':')) found.push(...identityAt(line, pieces, i));
    else if (
      value &&
      word === 'kind' &&
      separator === ':' &&
      personKinds.has(text.slice(value.from, value.to))
    )
      for (const each of namesAround(text, pieces, i)) take(each);
    if (beforeName.test(word.slice(-40)) && pieces[i + 1]) take(pieces[i + 1]!);
    for (const each of assignedIn(text, piece)) take(each);
  }
  return [
    ...found,
    ...ownNameReplacements(line, [...names], pseudonyms),
    ...emailReplacements(line, pseudonyms, isCut),
    ...addressReplacements(line, pseudonyms),
    ...fragments(line, pieces, isCut),
  ];
}

/** What quotes divide the text into, without the backslashes before them. */
function piecesOf(text: string): Part[] {
  const pieces: Part[] = [];
  for (let from = 0; from <= text.length;) {
    const quote = text.indexOf('"', from);
    const end = quote < 0 ? text.length : quote;
    let to = end;
    while (to > from && text[to - 1] === '\\') to -= 1;
    pieces.push({ from, to });
    from = end + 1;
  }
  return pieces;
}

function shown(text: string, piece: Part | undefined): string {
  return piece === undefined
    ? ''
    : text.slice(piece.from, Math.min(piece.to, piece.from + 8)).replaceAll(' ', '');
}

/** The strings of an array whose first one is the piece `first`. */
function listAt(text: string, pieces: readonly Part[], first: number): Part[] {
  const values: Part[] = [];
  for (let i = first; i < pieces.length && values.length < namesMax; i += 2) {
    values.push(pieces[i]!);
    if (shown(text, pieces[i + 1]) !== ',') break;
  }
  return values;
}

/** A `uid`, or all that `extra` holds. */
function identityAt(line: Decoded, pieces: readonly Part[], key: number): Replacement[] {
  const { text } = line;
  const value = pieces[key + 2];
  const separator = pieces[key + 1]!;
  if (!text.slice(separator.from, separator.to).includes('{'))
    return value && value.to > value.from ? [blanked(line, value.from, value.to)] : [];
  const close = text.indexOf('}', separator.to);
  const from = Math.min(separator.to + 1, text.length);
  return [blanked(line, from, close < 0 ? text.length : close)];
}

/** Names of the object whose `kind` is the piece at `key`. */
function namesAround(text: string, pieces: readonly Part[], key: number): Part[] {
  const names: Part[] = [];
  const isEdge = (i: number) => /[{}]/.test(text.slice(pieces[i]!.from, pieces[i]!.to));
  const look = (i: number) => {
    const value = pieces[i + 2];
    const isName = text.slice(pieces[i]!.from, pieces[i]!.to) === 'name';
    if (value && isName && shown(text, pieces[i + 1]) === ':') names.push(value);
  };
  for (let i = key - 1; i >= 0 && key - i < aroundMax && !isEdge(i); i -= 1) look(i);
  for (let i = key + 3; i < pieces.length && i - key < aroundMax && !isEdge(i); i += 1) look(i);
  return names;
}

function assignedIn(text: string, { from, to }: Part): Part[] {
  const parts: Part[] = [];
  for (let at = text.indexOf('ser', from); at >= 0 && at < to; at = text.indexOf('ser', at + 3)) {
    const sign = assigned.exec(text.slice(at + 3, Math.min(to, at + 16)))?.[0];
    if (sign === undefined || !/u/i.test(text.charAt(at - 1))) continue;
    const begin = at + 3 + sign.length;
    let end = begin;
    while (end < to && end - begin < 1024 && !assignedEnd.test(text.charAt(end))) end += 1;
    if (end > begin && text[begin] !== '{' && text[begin] !== '[') parts.push({ from: begin, to: end });
  }
  return parts;
}

/** What may be the rest or the beginning of a name: a string that began before the text, and the last word of what is cut. */
function fragments(line: Decoded, pieces: readonly Part[], isCut: boolean): Replacement[] {
  const { text } = line;
  const [first, second] = pieces;
  const found: Replacement[] = [];
  if (second && first!.to > 0 && afterString.test(text.slice(second.from, second.from + 2)))
    found.push(blanked(line, 0, first!.to));
  let from = text.length;
  while (from > 0 && fragmentUnit.test(text.charAt(from - 1))) from -= 1;
  if (isCut && from < text.length) found.push(blanked(line, from, text.length));
  return found;
}
