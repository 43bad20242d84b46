import { isUtf8 } from 'node:buffer';
import type { Decoded } from './decoded.ts';
import { endOfRun, unitsOf } from './units.ts';

const base64Units = unitsOf('a-z', 'A-Z', '0-9', '+/=_-\r\n ');
const lengthMin = 8;

/** The text that a whole string is the base64 of (RFC 4648, with line breaks); undefined where it is none. */
export function textOfBase64(written: string): Decoded | undefined {
  if (written.length < lengthMin || endOfRun(written, 0, base64Units) < written.length) return undefined;
  const bytes = Buffer.from(written, 'base64');
  if (bytes.length === 0 || !isUtf8(bytes) || bytes.includes(0)) return undefined;
  return { text: bytes.toString('latin1'), offsets: undefined, start: 0 };
}
