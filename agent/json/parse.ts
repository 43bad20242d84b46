import { buildObject } from './build.ts';
import { JsonScanner } from './scanner.ts';

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
/** `[`; `{` differs in one bit. */
const openBracket = 0x5b;
/** A text of this length cannot nest as deep as what V8 fails on, which begins somewhere above 5,000 levels. */
const shortBytesMax = 4096;
/** Elasticsearch refuses a document that nests deeper; JSON.parse is not trusted with one either. */
const depthMax = 1000;

/**
 * JSON.parse of strict UTF-8 bytes, made safe against texts of others. Two errors of V8 (seen on Node 26.10) are kept away:
 *
 * - It reads a key wrongly once it has parsed an object with a backslash in a key at the same place: after
 *   `{"hostNetw\\u0":1}` it reads `{"hostNetw\u006frk":true}` as another key (nodejs/node#63785). A client could so hide a
 *   member of a request body from whoever looks at the parsed event. Objects with such keys, the only ones that
 *   cause it, never reach it.
 * - A text that nests some thousands deep and is malformed at its end corrupts memory: `{"a":1,"b":` 10,000 times and then
 *   `"s"t` ends the process sooner or later. A torn line may be just that, and the agent would meet it again after each
 *   start. What is long reaches it only if it is whole and not deep.
 *
 * @returns the value, or undefined if the bytes are not one JSON text. A text with more than 1,000 braces and brackets,
 * or with a backslash in a key, counts only if it is an object. It never throws.
 */
export function parseJson(bytes: Buffer): unknown {
  try {
    const text = bytes.toString('utf8');
    const isWary = mayHoldBackslash(text) && hasBackslashKey(bytes);
    if (!isWary && (bytes.length <= shortBytesMax || !mayBeDeep(bytes))) return JSON.parse(text) as unknown;
    const { closed, deepest } = scan(bytes);
    if (!closed) return undefined;
    return isWary || deepest > depthMax ? buildObject(text) : (JSON.parse(text) as unknown);
  } catch {
    // Not JSON, or longer than V8's longest string (512 MiB): either way nothing that can be held parsed.
    return undefined;
  }
}

/** A text without this many braces and brackets cannot nest that deep: most long lines need no scan. */
function mayBeDeep(bytes: Buffer): boolean {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) if (((bytes[at] as number) & 0xdf) === openBracket) count++;
  return count > depthMax;
}

/** A backslash within a string can only be written in one of these three ways. */
function mayHoldBackslash(text: string): boolean {
  return (
    text.includes('\\') && (text.includes('\\\\') || text.includes('\\u005c') || text.includes('\\u005C'))
  );
}

/** Whether a key holds a backslash, decoded. Of a text that is not JSON, only what is before the error counts. */
function hasBackslashKey(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(quote); at >= 0; at = bytes.indexOf(quote, at)) {
    let held = false;
    for (at++; at < bytes.length && bytes[at] !== quote; at++) {
      if (bytes[at] !== backslash) continue;
      at++;
      held ||= bytes[at] === backslash || isEscapedBackslash(bytes, at);
    }
    at++;
    if (!held) continue;
    while (isSpace(bytes[at])) at++;
    if (bytes[at] === colon) return true;
  }
  return false;
}

function isEscapedBackslash(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x75 && bytes.toString('latin1', at + 1, at + 5).toLowerCase() === '005c';
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function scan(bytes: Buffer): JsonScanner {
  const scanner = new JsonScanner();
  for (let at = 0; at < bytes.length && !scanner.broken;) at = scanner.next(bytes, at);
  return scanner;
}
