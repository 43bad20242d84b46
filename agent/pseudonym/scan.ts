import { canonicalAddress } from './address.ts';
import { unquoted } from '../redact/index.ts';
import type { Decoded } from '../redact/index.ts';
import { emailsIn } from './email.ts';
import type { Part } from './email.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { replacementOf } from './replacement.ts';
import type { Replacement } from './replacement.ts';

/** Shorter names are words of every text. */
const ownNameMin = 3;
/** Of ASCII alone: in other scripts, and beside what was no UTF-8, a name may stand without a gap. */
const wordUnit = /[A-Za-z0-9_-]/;
const digits = /[0-9]/;
const hexUnit = /[0-9A-Fa-f:.]/;
const addressMax = 64;
const mayHoldAddress = /[0-9]\.[0-9]|:[0-9A-Fa-f]*:/;

/** E-mail addresses of a text, also where the `@` is percent-encoded. */
export function emailReplacements(decoded: Decoded, pseudonyms: Pseudonyms, isCut = false): Replacement[] {
  if (!decoded.text.includes('@') && !decoded.text.includes('%40')) return [];
  const plain = decoded.text.includes('%40') ? unquoted(decoded) : decoded;
  return [decoded, ...(plain === decoded ? [] : [plain])].flatMap((one) =>
    emailsIn(one.text, isCut).map((part) => replacementOf(one, pseudonyms.email(one.text, part))),
  );
}

/**
 * Public addresses of a text.
 *
 * @param isAgent a user agent, in which `Chrome/120.0.0.0` is a version
 */
export function addressReplacements(
  decoded: Decoded,
  pseudonyms: Pseudonyms,
  isAgent = false,
): Replacement[] {
  const { text } = decoded;
  if (!mayHoldAddress.test(text)) return [];
  return addressesIn(text, isAgent).flatMap((part) => {
    const pseudonym = pseudonyms.address(text.slice(part.from, part.to));
    return pseudonym === undefined ? [] : [replacementOf(decoded, { ...part, kind: 'address', pseudonym })];
  });
}

function addressesIn(text: string, isAgent: boolean): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (!hexUnit.test(text.charAt(at))) continue;
    let end = at;
    while (end < text.length && hexUnit.test(text.charAt(end))) end += 1;
    if (!isAgent || text[at - 1] !== '/') {
      const found = addressIn(text, at, end);
      parts.push(...(found ? [found] : dottedIn(text, at, end)));
    }
    at = end;
  }
  return parts;
}

/** A run of what addresses consist of, without what stands around one: a label and a colon before, a dot or a colon behind. */
function addressIn(text: string, start: number, end: number): Part | undefined {
  if (end - start > addressMax || end - start < 3) return undefined;
  let [from, to] = [start, end];
  while (to > from && (text[to - 1] === '.' || (text[to - 1] === ':' && text[to - 2] !== ':'))) to -= 1;
  // `port:`, `added:`: a label is of hex digits, too, or ends before the run.
  for (let tries = 0; tries < 3 && from < to; tries += 1) {
    if (isFree(text, from, to) && canonicalAddress(text.slice(from, to)) !== undefined) return { from, to };
    const colon = text.indexOf(':', from);
    if (colon < 0 || colon >= to) return undefined;
    from = colon + 1;
  }
  return undefined;
}

/** IPv4 addresses of a run that is no address as a whole: with a port, with a dot behind. */
function dottedIn(text: string, start: number, end: number): Part[] {
  const parts: Part[] = [];
  for (let at = start; at < end; at += 1) {
    if (!digits.test(text.charAt(at))) continue;
    let to = at;
    while (to < end && (digits.test(text.charAt(to)) || text[to] === '.')) to += 1;
    let last = to;
    while (text[last - 1] === '.') last -= 1;
    if (last - at >= 7 && last - at <= 15 && isFree(text, at, last)) parts.push({ from: at, to: last });
    at = to;
  }
  return parts;
}

/** Not a part of a word, nor of a longer number with dots. */
function isFree(text: string, from: number, to: number): boolean {
  const before = text.charAt(from - 1);
  return before !== '.' && !wordUnit.test(before) && !wordUnit.test(text.charAt(to));
}

/** Texts behind which a name is that of a role, a binding or a group, which rules read, though a user may be called so, too. */
const otherNames = ['Role "', 'Binding "', 'Group "'];

/** Names that the event itself says who asked by, wherever they are a word of a text. */
export function ownNameReplacements(
  decoded: Decoded,
  names: readonly string[],
  pseudonyms: Pseudonyms,
): Replacement[] {
  const { text } = decoded;
  const found: Replacement[] = [];
  for (const name of names) {
    if (name.length < ownNameMin) continue;
    const part = pseudonyms.name(name);
    if (!part) continue;
    for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length)) {
      if (!isWord(text, at, at + name.length)) continue;
      if (otherNames.some((other) => text.endsWith(other, at))) continue;
      found.push(replacementOf(decoded, { ...part, from: at + part.from, to: at + part.to }));
    }
  }
  return found;
}

function isWord(text: string, from: number, to: number): boolean {
  const isJoined = (at: number, further: number) =>
    wordUnit.test(text.charAt(at)) ||
    ('.@'.includes(text.charAt(at)) && text[at] !== undefined && wordUnit.test(text.charAt(further)));
  return !isJoined(from - 1, from - 2) && !isJoined(to, to + 1);
}

const quotedUser = /^(?:s|name)?(?:\.user\.openshift\.io)? "/i;
const betweenMax = 32;
const nameMax = 1024;

/**
 * Names in the messages of the apiserver, its authorizers and webhooks: `User "NAME" cannot`, `to User "NAME"`,
 * `users.user.openshift.io "NAME" not found`, printed by Go's `%q`.
 */
export function quotedNameReplacements(decoded: Decoded, pseudonyms: Pseudonyms): Replacement[] {
  const { text } = decoded;
  const found: Replacement[] = [];
  for (let at = text.indexOf('ser'); at >= 0; at = text.indexOf('ser', at + 3)) {
    if (!/u/i.test(text.charAt(at - 1))) continue;
    const between = quotedUser.exec(text.slice(at + 3, at + 3 + betweenMax))?.[0];
    if (between === undefined) continue;
    const open = at + 2 + between.length;
    const close = endOfQuoted(text, open + 1);
    const name = plainOf(text.slice(open + 1, close));
    const part = pseudonyms.name(name);
    if (!part) continue;
    const isAsWritten = name.length === close - open - 1;
    const range = isAsWritten
      ? { from: open + 1 + part.from, to: open + 1 + part.to }
      : { from: open + 1, to: close };
    found.push(replacementOf(decoded, { ...part, ...range }));
  }
  return found;
}

/** Offset of the quote that ends what `%q` printed; the end of the text where there is none. */
function endOfQuoted(text: string, from: number): number {
  const end = Math.min(text.length, from + nameMax);
  for (let at = from; at < end; at += 1) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at += 1;
  }
  return end;
}

/** As it was before `%q`, but for characters that cannot be printed. */
function plainOf(quoted: string): string {
  return quoted.includes('\\') ? quoted.replaceAll(/\\([\\"])/g, '$1') : quoted;
}
