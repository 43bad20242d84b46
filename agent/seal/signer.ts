import { createPrivateKey } from 'node:crypto';
import { SealError } from './error.ts';
import { parseBase64 } from './json.ts';
import { signingKey } from './key.ts';
import type { SigningKey } from './key.ts';

/*
 * The text form of a private key that golang.org/x/mod/sumdb/note reads and writes (GenerateKey, NewSigner), so that other
 * tools can sign with it: PRIVATE+KEY+<name>+<hex key ID>+<base64(type ‖ 32-byte seed)>.
 */
const prefix = 'PRIVATE+KEY+';
const ed25519Type = 0x01;
const seedBytes = 32;

/** DER of a PKCS #8 private key up to the 32 bytes of the seed (RFC 8410 §7), since node:crypto takes no bare seed. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

export function formatSigner({ privateKey, verifier }: SigningKey): string {
  const { d } = privateKey.export({ format: 'jwk' });
  const typed = Buffer.concat([Buffer.of(ed25519Type), Buffer.from(d!, 'base64url')]);
  return `${prefix}${verifier.name}+${verifier.keyId.toString('hex')}+${typed.toString('base64')}`;
}

/** Throws SealError `bad-signer`, which never holds any of the text: it may be a key all the same. */
export function parseSigner(text: string): SigningKey {
  // base64 may hold `+` itself, so only the first two separate.
  const match = /^PRIVATE\+KEY\+([^+\s]+)\+([\da-f]{8})\+([\w+/=]+)$/u.exec(text);
  const typed = parseBase64(match?.[3]);
  if (!match || typed?.[0] !== ed25519Type || typed.length !== 1 + seedBytes)
    throw new SealError(
      'bad-signer',
      'not a private key of the form PRIVATE+KEY+<name>+<hex>+<base64> (Ed25519)',
    );
  const der = Buffer.concat([pkcs8Prefix, typed.subarray(1)]);
  const key = signingKey(match[1]!, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  if (key.verifier.keyId.toString('hex') !== match[2])
    throw new SealError('bad-signer', 'a private key whose key ID is not the one of its name and key');
  return key;
}
