import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { makeVerifierKey } from './vkey.ts';
import type { VerifierKey } from './vkey.ts';

/** The private half of a log's key, and what verifies it. */
export interface SigningKey {
  privateKey: KeyObject;
  verifier: VerifierKey;
}

/** A new Ed25519 key under the name `origin`. */
export function generateKey(origin: string): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return signingKey(origin, privateKey);
}

/** PKCS #8 DER, the form in the state database. */
export function exportKey(key: SigningKey): Buffer {
  return key.privateKey.export({ format: 'der', type: 'pkcs8' });
}

export function importKey(origin: string, pkcs8: Uint8Array): SigningKey {
  return signingKey(origin, createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }));
}

export function signBytes(key: SigningKey, bytes: Uint8Array): Buffer {
  return sign(null, bytes, key.privateKey);
}

export function signingKey(origin: string, privateKey: KeyObject): SigningKey {
  const { x } = privateKey.export({ format: 'jwk' });
  return { privateKey, verifier: makeVerifierKey(origin, Buffer.from(x!, 'base64url')) };
}
