const backslash = 0x5c;

/** The string that a key's bytes, quotes included, stand for. The bytes must have passed the scanner. */
export function decodeKey(bytes: Buffer): string {
  if (bytes.includes(backslash)) return JSON.parse(bytes.toString('utf8')) as string;
  return bytes.toString('utf8', 1, bytes.length - 1);
}
