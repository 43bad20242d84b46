import { writeFile } from 'node:fs/promises';
import {
  formatSigner,
  generateKey,
  isOrigin,
  operatorNamePattern,
  parseSigner,
  SealError,
} from '../seal/index.ts';
import type { SigningKey } from '../seal/index.ts';
import { messageOf } from '../error.ts';
import { fileBytesMax, readTextFile } from '../input/index.ts';
import { TrustError } from './error.ts';

/**
 * Makes an operator's key pair; the private half goes to `file`, mode 0600, which must not be there: whoever had signed
 * with a key that is overwritten could sign nothing more. Returns the vkey. Throws TrustError `operator-key`.
 */
export async function makeOperatorKey(file: string, name: string): Promise<string> {
  if (!operatorNamePattern.test(name) || isOrigin(name))
    throw new TrustError(
      'operator-key',
      `--name: ${JSON.stringify(name)} is not of the characters A-Z a-z 0-9 . _ @ : / -, or is that of a log`,
    );
  const key = generateKey(name);
  try {
    await writeFile(file, `${formatSigner(key)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const why = isThere ? 'is there already: nothing was changed' : `cannot be made: ${messageOf(cause)}`;
    throw new TrustError('operator-key', `${file} ${why}`, { cause });
  }
  return key.verifier.text;
}

/** Throws TrustError `operator-key`, which never holds any of the key. */
export async function readOperatorKey(file: string): Promise<SigningKey> {
  const text = await readTextFile(file, fileBytesMax.secret).catch((cause: unknown) => {
    throw new TrustError('operator-key', `${file} ${messageOf(cause)}`, { cause });
  });
  try {
    return parseSigner(text.trim());
  } catch (cause) {
    if (!(cause instanceof SealError)) throw cause;
    const how = 'make one with: auditseal statement key --out FILE';
    throw new TrustError('operator-key', `${file} holds ${cause.message}; ${how}`, { cause });
  }
}
