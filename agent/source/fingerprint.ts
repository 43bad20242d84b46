import { hash } from 'node:crypto';

/** A file's beginning identifies it: its first line, or this many bytes of it (docs/seal-format.md §2). */
export const beginningBytesMax = 1024;
/** How many bytes before a position prove that a file is still the one that was read. */
export const checkBytesMax = 1024;

export interface Beginning {
  fingerprint: string;
  /** False while more bytes of a growing file could still change the fingerprint. */
  complete: boolean;
  bytes: number;
}

/** The fingerprint of a file from its first up to 1,024 bytes. */
export function beginningOf(head: Buffer): Beginning {
  const newline = head.indexOf(10);
  const bytes = newline === -1 ? head.length : newline + 1;
  const complete = newline !== -1 || bytes >= beginningBytesMax;
  return { fingerprint: checkOf(head.subarray(0, bytes)), complete, bytes };
}

/** SHA-256 in hex. */
export function checkOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'hex');
}

export function fingerprintOf(id: string): string {
  return id.slice(0, 64);
}
