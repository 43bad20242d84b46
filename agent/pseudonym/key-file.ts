import { randomBytes } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import { messageOf } from '../error.ts';
import { fileBytesMax, readTextFile } from '../input/index.ts';
import { PseudonymError } from './error.ts';
import { pseudonymKey } from './key.ts';
import type { PseudonymKey } from './key.ts';

/** Shorter ones can be guessed: 32 bytes, or 32 characters of a text. */
const keyBytesMin = 32;
const othersMayRead = 0o004;

/**
 * The key in a file: all of its text but white space around it. A file that every user of the machine may read is refused; a
 * Secret of Kubernetes, which is a link to a file, has the mode of its volume (`defaultMode`). Throws PseudonymError.
 */
export async function readPseudonymKey(file: string): Promise<PseudonymKey> {
  const text = await readTextFile(file, fileBytesMax.secret).catch((cause: unknown) => {
    throw new PseudonymError('pseudonym-key', `${file} ${messageOf(cause)}; ${make}`, { cause });
  });
  const { mode } = await stat(file).catch((cause: unknown) => {
    throw new PseudonymError('pseudonym-key', `${file} cannot be looked at: ${messageOf(cause)}`, { cause });
  });
  if ((mode & othersMayRead) !== 0)
    throw new PseudonymError(
      'pseudonym-key',
      `${file} may be read by every user of this machine (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): whoever has the key finds out names by trying; chmod 0600 it`,
    );
  const secret = Buffer.from(text.trim());
  if (secret.length < keyBytesMin)
    throw new PseudonymError('pseudonym-key', `${file} holds less than ${keyBytesMin} characters; ${make}`);
  return pseudonymKey(secret);
}

const make = 'make one with: auditseal pseudonym --make-key FILE';

/** Makes a key, 32 random bytes in hex, in a file of mode 0600 that must not be there. Throws PseudonymError. */
export async function makePseudonymKey(file: string): Promise<PseudonymKey> {
  const text = randomBytes(keyBytesMin).toString('hex');
  try {
    await writeFile(file, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const why = isThere
      ? 'is there already: nothing was changed. Who loses a key can name nobody of the events under it any more'
      : `cannot be made: ${messageOf(cause)}`;
    throw new PseudonymError('pseudonym-key', `${file} ${why}`, { cause });
  }
  return pseudonymKey(Buffer.from(text));
}
