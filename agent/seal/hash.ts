import { createHash, hash } from 'node:crypto';

export const hashBytes = 32;

const leafPrefix = Buffer.of(0x00);
const nodePrefix = Buffer.of(0x01);

/** RFC 6962 §2.1 leaf hash of an entry: SHA-256(0x00 ‖ entry), 32 bytes. */
export function leafHash(entry: Uint8Array): Buffer {
  return createHash('sha256').update(leafPrefix).update(entry).digest();
}

/**
 * The leaf hash of `buffer[start, end)`, computed without a copy: the byte before the entry is lent to the
 * 0x00 prefix, so that one call hashes one contiguous range (measured: a third faster than createHash).
 * `start` must be at least 1.
 */
export function leafHashInPlace(buffer: Buffer, start: number, end: number): Buffer {
  const lent = buffer[start - 1]!;
  buffer[start - 1] = 0x00;
  const digest = hash('sha256', buffer.subarray(start - 1, end), 'buffer');
  buffer[start - 1] = lent;
  return digest;
}

/** RFC 6962 §2.1 node hash: SHA-256(0x01 ‖ left ‖ right), 32 bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([nodePrefix, left, right]), 'buffer');
}

/** SHA-256 of bytes, 32 bytes. */
export function sha256(bytes: Uint8Array | string): Buffer {
  return hash('sha256', bytes, 'buffer');
}
