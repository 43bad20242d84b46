/**
 * Characters on which terminals and viewers act although JSON may hold them: DEL and the C1 controls, format characters
 * (directions, zero width, tags; Unicode's category Cf), the separators of lines and paragraphs. Clients choose them in names: they
 * could move a cursor, or show a name as another.
 */
const acting = /[\u007F-\u009F\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The same with C0 controls, and with halves of characters. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * The same JSON text with such characters written as `\uXXXX`. They can only be in its strings, so that it is read as the same
 * value. C0 controls and lone surrogates are written so by whoever makes JSON; a line feed between texts stays.
 */
export function printableJson(json: string): string {
  return json.replaceAll(acting, escaped);
}

/** A value as JSON on one line that ends with a line feed, as {@link printableJson}. */
export function jsonLine(value: object): string {
  return `${printableJson(JSON.stringify(value))}\n`;
}

/** A text as it may be shown on one line of a terminal: what could act on it is written as `\uXXXX`. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, escaped);
}

/** By UTF-16 units, as RFC 8259 §7 has it. */
function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
