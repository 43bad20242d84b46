/** Strings that are held at once of rows, and of the events of one auditID: whoever makes a request chooses how long its names are. */
export const heldBytesMax = 64 * 1024 * 1024;

/** Bytes that strings take in memory: V8 holds Latin-1 in one byte a character, anything else in two. */
export function bytesOf(texts: Iterable<string | null>): number {
  let bytes = 0;
  for (const text of texts) if (text !== null) bytes += isLatin1(text) ? text.length : 2 * text.length;
  return bytes;
}

function isLatin1(text: string): boolean {
  return !/[^\0-\u{FF}]/u.test(text);
}

/** A string of its own: a part of a longer one keeps all of that in memory. */
export function detached(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
