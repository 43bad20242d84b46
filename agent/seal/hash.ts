import { createHash, hash } from 'node:crypto';

export const hashBytes = 32;

const leafPrefix = Buffer.of(0x00);

/** RFC 6962 §2.1 leaf hash of an entry: SHA-256(0x00 ‖ entry), 32 bytes. */
export function leafHash(entry: Uint8Array): Buffer {
  return createHash('sha256').update(leafPrefix).update(entry).digest();
}

/**
 * Writes the leaf hash of `buffer[start, end)` to `target` at `at`, computed without a copy: the byte before the entry is
 * lent to the 0x00 prefix, so that one call hashes one contiguous range (measured: a third faster than createHash).
 * `start` must be at least 1.
 */
export function writeLeafHash(buffer: Buffer, start: number, end: number, target: Buffer, at: number): void {
  const lent = buffer[start - 1]!;
  buffer[start - 1] = 0x00;
  target.write(digestText(buffer.subarray(start - 1, end)), at, 'latin1');
  buffer[start - 1] = lent;
}

const nodeInput = Buffer.alloc(1 + 2 * hashBytes, 0x01);

/** RFC 6962 §2.1 node hash: SHA-256(0x01 ‖ left ‖ right), 32 bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + hashBytes);
  return Buffer.from(digestText(nodeInput), 'latin1');
}

/** SHA-256 of bytes, 32 bytes. */
export function sha256(bytes: Uint8Array | string): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** A character a byte: a digest as a Buffer costs 0.7 µs more, for an ArrayBuffer of its own that is to be collected, too. */
function digestText(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'binary');
}
