/**
 * The least that is needed to cut a value out of JSON without printing it anew. The text must be valid JSON; whatever
 * Elasticsearch answers is.
 */

const quote = 0x22;
const backslash = 0x5c;
const opening = new Set([0x7b, 0x5b]);
const closing = new Set([0x7d, 0x5d]);
const space = new Set([0x20, 0x0a, 0x0d, 0x09]);
const comma = 0x2c;
const colon = 0x3a;

/** The members of the object that `bytes` is, names decoded, values as they are written. */
export function members(bytes: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (let at = skip(bytes, 1); bytes[at] === quote; at = skip(bytes, at)) {
    const nameEnd = valueEnd(bytes, at);
    const start = skip(bytes, nameEnd);
    const end = valueEnd(bytes, start);
    const name: unknown = JSON.parse(bytes.toString('utf8', at, nameEnd));
    found.set(String(name), bytes.subarray(start, end));
    at = end;
  }
  return found;
}

/** The elements of the array that `bytes` is, as they are written. */
export function elements(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = skip(bytes, 1); at < bytes.length && !closing.has(bytes[at] ?? 0); at = skip(bytes, at)) {
    const end = valueEnd(bytes, at);
    found.push(bytes.subarray(at, end));
    at = end;
  }
  return found;
}

function skip(bytes: Buffer, from: number): number {
  let at = from;
  while (space.has(bytes[at] ?? 0) || bytes[at] === comma || bytes[at] === colon) at += 1;
  return at;
}

function valueEnd(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) at = stringEnd(bytes, at) - 1;
    else if (opening.has(byte)) depth += 1;
    else if (closing.has(byte) && depth > 0) depth -= 1;
    else if (closing.has(byte) || byte === comma || byte === colon || space.has(byte)) {
      if (depth === 0) return at;
      continue;
    } else continue;
    if (depth === 0) return at + 1;
  }
  return bytes.length;
}

function stringEnd(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at + 1;
}
