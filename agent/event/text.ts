/**
 * Lucene's limit for one indexed term is 32,766 bytes, and a document with a longer one is refused. 8,191 UTF-16 units
 * are at most 24,573 bytes of UTF-8, and the largest `ignore_above` that mappings usually carry.
 */
export const textUnitsMax = 8191;
/** Longer values of a keyword are not indexed: one UTF-16 unit is at most three bytes of UTF-8. */
export const termUnitsMax = Math.floor(32_766 / 3);
/** Elements of an array that we write; a client can send any number of forwarded addresses. */
export const arrayItemsMax = 256;

/** A non-empty string, cut to `textUnitsMax` at a whole character; undefined for whatever else the field holds. */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  if (value.length <= textUnitsMax) return value;
  const last = value.charCodeAt(textUnitsMax - 1);
  return value.slice(0, last >= 0xd800 && last <= 0xdbff ? textUnitsMax - 1 : textUnitsMax);
}

/** The strings of an array, as many as fit, or undefined if there are none: what is not a string is left out. */
export function textsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts: string[] = [];
  for (const item of value as unknown[]) {
    const text = textOf(item);
    if (text === undefined) continue;
    texts.push(text);
    if (texts.length === arrayItemsMax) break;
  }
  return texts.length === 0 ? undefined : texts;
}
