import { JsonScanner } from './scanner.ts';

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/**
 * JSON.parse of strict UTF-8 bytes, made safe against texts of others.
 *
 * V8's JSON.parse reads a key wrongly once it has parsed an object with a backslash in a key at the same place:
 * after `{"hostNetw\\u":1}` it reads `{"hostNetw\u006frk":true}` as another key (nodejs/node#63785, seen on 26.10).
 * A client could use that to hide a member of a request body from whoever looks at the parsed event. Objects with
 * such keys, the only ones that cause it, are therefore parsed here, into objects without a prototype.
 *
 * @returns the value, or undefined if the bytes are not one JSON text. A text with a backslash in a key counts
 * only if it is an object. It never throws.
 */
export function parseJson(bytes: Buffer): unknown {
  if (mayHoldBackslash(bytes) && hasBackslashKey(bytes)) return parseWarily(bytes);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    // Not JSON, or longer than V8's longest string (512 MiB): either way nothing that can be held parsed.
    return undefined;
  }
}

/** A backslash within a string can only be written in one of these three ways. */
function mayHoldBackslash(bytes: Buffer): boolean {
  return bytes.includes('\\\\') || bytes.includes('\\u005c') || bytes.includes('\\u005C');
}

/** Whether a key holds a backslash, decoded. Of a text that is not JSON, only what is before the error counts. */
function hasBackslashKey(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(quote); at >= 0; at = bytes.indexOf(quote, at)) {
    let held = false;
    for (at++; at < bytes.length && bytes[at] !== quote; at++) {
      if (bytes[at] !== backslash) continue;
      at++;
      held ||=
        bytes[at] === backslash ||
        (bytes[at] === 0x75 && bytes.toString('latin1', at + 1, at + 5).toLowerCase() === '005c');
    }
    at++;
    if (!held) continue;
    while (isSpace(bytes[at])) at++;
    if (bytes[at] === colon) return true;
  }
  return false;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

type Container = unknown[] | Record<string, unknown>;

/** Iterative: an object that nests 10,000 deep must not end the process. The scanner has checked the grammar. */
function parseWarily(bytes: Buffer): unknown {
  if (!isObject(bytes)) return undefined;
  const text = bytes.toString('utf8');
  const open: Container[] = [];
  let root: unknown;
  let key: string | undefined;
  const put = (value: unknown): void => {
    const into = open.at(-1);
    if (into === undefined) root = value;
    else if (Array.isArray(into)) into.push(value);
    else into[key as string] = value;
    key = undefined;
  };
  for (let at = 0; at < text.length;) {
    const from = at++;
    const character = text[from] as string;
    if (character === '{' || character === '[') {
      const container: Container = character === '[' ? [] : (Object.create(null) as Record<string, unknown>);
      put(container);
      open.push(container);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      at = stringEnd(text, from);
      const string = JSON.parse(text.slice(from, at)) as string;
      if (key === undefined && !Array.isArray(open.at(-1))) key = string;
      else put(string);
    } else if (!' \t\n\r,:'.includes(character)) {
      while (!' \t\n\r,]}'.includes(text[at] as string)) at++;
      put(JSON.parse(text.slice(from, at)));
    }
  }
  return root;
}

function isObject(bytes: Buffer): boolean {
  const scanner = new JsonScanner();
  for (let at = 0; at < bytes.length && !scanner.broken;) at = scanner.next(bytes, at);
  return scanner.closed;
}

/** The offset after the string that begins at `from`. */
function stringEnd(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
}
