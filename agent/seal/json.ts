/**
 * A JSON string as the format writes it (docs/seal-format.md §4): only `"`, `\` and U+0000 to U+001F escaped.
 * JSON.stringify does just that but for lone surrogates, which have no UTF-8 form and become U+FFFD.
 */
export function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** Bytes of canonical, padded base64, or undefined: a second spelling of the same bytes would be a second record. */
export function parseBase64(text: unknown): Buffer | undefined {
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
