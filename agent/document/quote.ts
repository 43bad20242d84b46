/**
 * Lucene's limit for one indexed term is 32,766 bytes, and a document with a longer one is refused. 8,191 UTF-16 units
 * are at most 24,573 bytes of UTF-8, and the largest `ignore_above` that mappings usually carry.
 */
export const textUnitsMax = 8191;
/** Elements of an array that we write; a client can send any number of forwarded addresses. */
export const arrayItemsMax = 256;

// oxlint-disable-next-line no-control-regex -- these are what JSON must escape, and what has no UTF-8 form
const needsCare = /["\\\u0000-\u001F\uD800-\uDFFF]/;

/**
 * A JSON string as seal-format.md §4 writes it: only `"`, `\` and U+0000 to U+001F are escaped. A lone surrogate, which
 * an escape in the audit log can name and UTF-8 cannot express, becomes U+FFFD; the event's own bytes keep it.
 */
export function quote(text: string): string {
  return needsCare.test(text) ? JSON.stringify(text.toWellFormed()) : `"${text}"`;
}

/** A non-empty string, cut to `textUnitsMax` at a whole character; undefined for whatever else the field holds. */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  if (value.length <= textUnitsMax) return value;
  const last = value.charCodeAt(textUnitsMax - 1);
  return value.slice(0, last >= 0xd800 && last <= 0xdbff ? textUnitsMax - 1 : textUnitsMax);
}

/** The strings of an array, as many as fit; what is not a string is left out, and so is what is not an array. */
export function textsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const texts: string[] = [];
  for (const item of value as unknown[]) {
    const text = textOf(item);
    if (text === undefined) continue;
    texts.push(text);
    if (texts.length === arrayItemsMax) break;
  }
  return texts;
}

/** `"name":"text",` or nothing. */
export function member(name: string, text: string | undefined): string {
  return text === undefined ? '' : `"${name}":${quote(text)},`;
}

/** `"name":["text",…],` or nothing. */
export function list(name: string, texts: readonly string[]): string {
  return texts.length === 0 ? '' : `"${name}":[${texts.map(quote).join(',')}],`;
}

/** `"name":{members},` or nothing; the members end with a comma each, as the functions above write them. */
export function object(name: string, members: string): string {
  return members === '' ? '' : `"${name}":{${members.slice(0, -1)}},`;
}
