const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const openObject = 0x7b;
const openArray = 0x5b;
/** From an opening brace or bracket to the closing one, in ASCII. */
const toClosing = 2;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;

// `(text[at] as number) | 0` below is 0 beyond the end, and no table takes a 0. A table asked with undefined, once, would be
// slow ever after; a comparison with the length, or a function for it, costs a third (measured).

/** What may stand in a string as it is; bytes above 0x7f among it, since nobody here looks at UTF-8. */
const isPlain = new Uint8Array(256).fill(1, 0x20);
isPlain[quote] = 0;
isPlain[backslash] = 0;
const isEscape = tableOf('"\\/bfnrt');
const isHexDigit = tableOf('0123456789abcdefABCDEF');
const isDigit = tableOf('0123456789');
const isSpace = tableOf(' \t\n\r');
const literals = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]));

/** What all functions here return for bytes that are not JSON. */
const broken = -1;

/** A megabyte of nesting state at most, as JsonScanner has it. */
const depthMax = 1 << 20;
let kinds = new Uint8Array(64);
/** Of what was scanned last, below its top level. */
let deepest = 0;

/** Offsets of a top-level member in bytes, ends exclusive, the key with its quotes; `end` is that of the comma or brace after it. */
export type OnMember = (
  keyStart: number,
  keyEnd: number,
  valueStart: number,
  valueEnd: number,
  end: number,
) => void;

/**
 * Tells the members of the object that `text` is, in order, repeated keys included.
 *
 * Accepts what JsonScanner accepts, three times as fast (measured), because it sees the text whole: it need not be able to
 * stop anywhere, and runs through strings in a loop of their own.
 *
 * @returns false if the text is not one whole JSON object; members before the error have been told then
 */
export function scanObject(text: Buffer, onMember: OnMember): boolean {
  deepest = 0;
  let at = skipSpace(text, 0);
  if (text[at++] !== openObject) return false;
  at = skipSpace(text, at);
  if (text[at] === openObject + toClosing) return skipSpace(text, at + 1) === text.length;
  for (;;) {
    const keyStart = skipSpace(text, at);
    const keyEnd = text[keyStart] === quote ? stringEnd(text, keyStart) : broken;
    if (keyEnd === broken) return false;
    at = skipSpace(text, keyEnd);
    if (text[at++] !== colon) return false;
    const valueStart = skipSpace(text, at);
    const valueEnd = endOfValue(text, valueStart);
    if (valueEnd === broken) return false;
    at = skipSpace(text, valueEnd);
    const next = text[at];
    if (next !== comma && next !== openObject + toClosing) return false;
    onMember(keyStart, keyEnd, valueStart, valueEnd, at);
    at++;
    if (next !== comma) return skipSpace(text, at) === text.length;
  }
}

/**
 * Tells the items of the array that `text` is, in order, by their offsets, ends exclusive.
 *
 * @returns false if the text is not one whole JSON array; items before the error have been told then
 */
export function scanArray(text: Buffer, onItem: (start: number, end: number) => void): boolean {
  let at = skipSpace(text, 0);
  if (text[at++] !== openArray) return false;
  at = skipSpace(text, at);
  if (text[at] === openArray + toClosing) return skipSpace(text, at + 1) === text.length;
  for (;;) {
    const start = skipSpace(text, at);
    const end = endOfValue(text, start);
    if (end === broken) return false;
    onItem(start, end);
    at = skipSpace(text, end);
    const next = text[at++];
    if (next === openArray + toClosing) return skipSpace(text, at) === text.length;
    if (next !== comma) return false;
  }
}

/** How many levels of objects and arrays the text had that `scanObject` scanned last; empty ones do not count. */
export function scannedDepth(): number {
  return deepest + 1;
}

/** Iterative: a hostile text may nest a million levels deep. */
function endOfValue(text: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; ;) {
    at = skipSpace(text, at);
    const byte = (text[at] as number) | 0;
    if (byte === openObject || byte === openArray) {
      at = skipSpace(text, at + 1);
      if (text[at] === byte + toClosing) at++;
      else {
        if (!hold(depth)) return broken;
        kinds[depth++] = byte;
        if (byte === openObject) at = endOfKey(text, at);
        if (at === broken) return broken;
        continue;
      }
    } else at = byte === quote ? stringEnd(text, at) : scalarEnd(text, at, byte);
    if (at === broken) return broken;
    for (; depth > 0; depth--) {
      at = skipSpace(text, at);
      const kind = kinds[depth - 1] as number;
      const next = text[at++];
      if (next === comma) {
        if (kind === openObject) at = endOfKey(text, at);
        break;
      }
      if (next !== kind + toClosing) return broken;
    }
    if (depth === 0 || at === broken) return at;
  }
}

/** Makes room for one more open object or array. */
function hold(depth: number): boolean {
  if (depth >= deepest) deepest = depth + 1;
  if (depth < kinds.length) return true;
  if (depth >= depthMax) return false;
  const grown = new Uint8Array(2 * kinds.length);
  grown.set(kinds);
  kinds = grown;
  return true;
}

/** Past a key and its colon. */
function endOfKey(text: Buffer, from: number): number {
  let at = skipSpace(text, from);
  if (text[at] !== quote) return broken;
  at = stringEnd(text, at);
  if (at === broken) return broken;
  at = skipSpace(text, at);
  return text[at] === colon ? at + 1 : broken;
}

/** Past the string whose first quote is at `from`. */
function stringEnd(text: Buffer, from: number): number {
  for (let at = from + 1; ;) {
    let byte = (text[at] as number) | 0;
    while (isPlain[byte] === 1) byte = (text[++at] as number) | 0;
    if (byte === quote) return at + 1;
    if (byte !== backslash) return broken;
    const escaped = (text[at + 1] as number) | 0;
    if (isEscape[escaped] === 1) at += 2;
    else if (escaped === 0x75 && digitsEnd(text, at + 2, isHexDigit, at + 6) === at + 6) at += 6;
    else return broken;
  }
}

function scalarEnd(text: Buffer, from: number, byte: number): number {
  if (byte === minus || isDigit[byte] === 1) return numberEnd(text, from);
  const word = literals.get(byte);
  if (word === undefined) return broken;
  for (let i = 0; i < word.length; i++) if (text[from + i] !== word[i]) return broken;
  return from + word.length;
}

function numberEnd(text: Buffer, from: number): number {
  const start = text[from] === minus ? from + 1 : from;
  let at = text[start] === zero ? start + 1 : digitsEnd(text, start, isDigit);
  if (at === start) return broken;
  if (text[at] === point) {
    const end = digitsEnd(text, at + 1, isDigit);
    if (end === at + 1) return broken;
    at = end;
  }
  // e or E
  if (((text[at] as number) | 0x20) !== 0x65) return at;
  const sign = text[at + 1] === minus || text[at + 1] === 0x2b ? 1 : 0;
  const end = digitsEnd(text, at + 1 + sign, isDigit);
  return end === at + 1 + sign ? broken : end;
}

function digitsEnd(text: Buffer, from: number, digits: Uint8Array, end = text.length): number {
  let at = from;
  while (at < end && digits[(text[at] as number) | 0] === 1) at++;
  return at;
}

function skipSpace(text: Buffer, from: number): number {
  let at = from;
  while (isSpace[(text[at] as number) | 0] === 1) at++;
  return at;
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}
