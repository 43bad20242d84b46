import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { SealError } from './error.ts';
import { sha256 } from './hash.ts';
import { parseBase64 } from './json.ts';

/** C2SP signed-note: the type byte of Ed25519. */
const ed25519Type = 0x01;
const publicKeyBytes = 32;

/** DER of a SubjectPublicKeyInfo up to the 32 key bytes (RFC 8410 §4), since node:crypto takes no bare key. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export interface VerifierKey {
  /** The key's name: the log's origin. */
  name: string;
  /** 4 bytes: SHA-256(name ‖ 0x0A ‖ type ‖ key), first 4. */
  keyId: Buffer;
  publicKey: KeyObject;
  /** `<name>+<hex key ID>+<base64(type ‖ key)>`. */
  text: string;
}

/** From a name and the 32 bytes of an Ed25519 public key. */
export function makeVerifierKey(name: string, rawPublicKey: Buffer): VerifierKey {
  const typed = Buffer.concat([Buffer.of(ed25519Type), rawPublicKey]);
  const keyId = sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])).subarray(0, 4);
  const publicKey = createPublicKey({
    key: Buffer.concat([spkiPrefix, rawPublicKey]),
    format: 'der',
    type: 'spki',
  });
  return { name, keyId, publicKey, text: `${name}+${keyId.toString('hex')}+${typed.toString('base64')}` };
}

/** Parses a vkey as C2SP signed-note writes it. Throws `bad-vkey`. */
export function parseVerifierKey(text: string): VerifierKey {
  const [name, id, encoded, ...rest] = splitVkey(text);
  const typed = parseBase64(encoded);
  if (name === undefined || id === undefined || rest.length > 0 || !typed)
    throw badVkey(text, 'is not <name>+<hex>+<base64>');
  if (typed[0] !== ed25519Type || typed.length !== 1 + publicKeyBytes)
    throw badVkey(text, 'is not an Ed25519 key (type 0x01, 32 bytes)');
  const key = makeVerifierKey(name, typed.subarray(1));
  if (key.text !== text) throw badVkey(text, 'has a key ID that is not the one of its name and key');
  return key;
}

/** base64 may hold `+` itself, so only the first two separate. */
function splitVkey(text: string): string[] {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  if (first <= 0 || second < 0 || /\s/u.test(text)) return [];
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

function badVkey(text: string, why: string): SealError {
  // Given by mistake in place of its other half; it must not get into a log or a pipeline's output.
  if (text.includes('PRIVATE+KEY'))
    return new SealError(
      'bad-vkey',
      'this is a private key, not a verifier key (vkey); it is not shown here',
    );
  return new SealError('bad-vkey', `verifier key ${JSON.stringify(text.slice(0, 200))} ${why}`);
}
