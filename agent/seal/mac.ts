import { createHmac } from 'node:crypto';

/**
 * Keyed digests of raw bytes. Not a plain hash: that would let a reader of the record try guesses for a redacted
 * secret. The holder of the state can reveal one batch's key to an auditor who has the raw file.
 */

/** HMAC-SHA-256(secret, origin ‖ 0x0A ‖ decimal batch number), 32 bytes. */
export function batchKey(secret: Uint8Array, origin: string, batch: number): Buffer {
  return createHmac('sha256', secret).update(`${origin}\n${batch}`).digest();
}

/** The key of a line's own digest: HMAC-SHA-256(secret, origin ‖ 0x0A ‖ file ‖ 0x0A ‖ decimal offset). */
export function lineKey(secret: Uint8Array, origin: string, file: string, offset: number): Buffer {
  return createHmac('sha256', secret).update(`${origin}\n${file}\n${offset}`).digest();
}

/** Base64 HMAC-SHA-256(key, digest), where digest is the SHA-256 of the raw bytes. */
export function macOf(key: Uint8Array, digest: Uint8Array): string {
  return createHmac('sha256', key).update(digest).digest('base64');
}
