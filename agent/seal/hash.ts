import { createHash, hash } from 'node:crypto';

export const hashBytes = 32;

const leafPrefix = Buffer.of(0x00);

/** The prefix, and room for an entry behind it. */
const leafInput = Buffer.alloc(1 + 64 * 1024);

/**
 * RFC 6962 §2.1 leaf hash of an entry: SHA-256(0x00 ‖ entry), 32 bytes. What is not long is copied behind the prefix: hashed by one
 * call it takes two thirds of what an object does that is fed twice (measured).
 */
export function leafHash(entry: Uint8Array): Buffer {
  if (entry.length >= leafInput.length) return createHash('sha256').update(leafPrefix).update(entry).digest();
  leafInput.set(entry, 1);
  return Buffer.from(digestText(leafInput.subarray(0, 1 + entry.length)), 'latin1');
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
