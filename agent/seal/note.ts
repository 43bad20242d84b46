import { verify } from 'node:crypto';
import { SealError } from './error.ts';
import { signBytes } from './key.ts';
import type { SigningKey } from './key.ts';
import type { VerifierKey } from './vkey.ts';
import { parseBase64 } from './json.ts';

/** C2SP signed-note: every signature line begins with an em dash (U+2014) and a space. */
const signatureStart = '\u2014 ';

/** Signs `text` (which must end with a newline) as a C2SP signed note with one Ed25519 signature. */
export function signNote(text: string, key: SigningKey): string {
  const signature = Buffer.concat([key.verifier.keyId, signBytes(key, Buffer.from(text))]);
  return `${text}\n${signatureStart}${key.verifier.name} ${signature.toString('base64')}\n`;
}

/**
 * The text of a note that has exactly one signature line, valid under `key`.
 * Throws `bad-note` (not of that form) or `bad-signature`.
 */
export function openNote(note: string, key: VerifierKey): string {
  const end = note.lastIndexOf('\n\n');
  if (end < 0) throw new SealError('bad-note', 'a note has an empty line between text and signature');
  const text = note.slice(0, end + 1);
  const line = note.slice(end + 2);
  // oxlint-disable-next-line no-control-regex
  if (/[\0-\t\v-\x1f]/u.test(note))
    throw new SealError('bad-note', 'a note holds no control characters but line feeds');
  const match = /^\u2014 (\S+) (\S+)\n$/u.exec(line);
  const signature = parseBase64(match?.[2]);
  if (!match || !signature) throw new SealError('bad-note', 'a note ends with exactly one signature line');
  if (match[1] !== key.name || !signature.subarray(0, 4).equals(key.keyId)) {
    throw new SealError('bad-signature', `the note is signed by ${match[1]}, not by ${key.text}`);
  }
  if (!verify(null, Buffer.from(text), key.publicKey, signature.subarray(4))) {
    throw new SealError('bad-signature', `the signature does not verify under ${key.text}`);
  }
  return text;
}

/** A note of several signature lines, in parts: its text, and each line with its end. Throws `bad-note`. */
export function splitNote(note: string): { text: string; lines: string[] } {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n'))
    throw new SealError('bad-note', 'a note has an empty line between text and signatures');
  const lines = note
    .slice(end + 2, -1)
    .split('\n')
    .map((line) => `${line}\n`);
  return { text: note.slice(0, end + 1), lines };
}

/**
 * Notes that stand one after the other with an empty line between, from `at` on: each is a text, an empty line and signature lines.
 * Throws `bad-note` where it ends within one.
 */
export function splitNotes(text: string, at = 0): string[] {
  const notes: string[] = [];
  let start = at;
  do {
    const signatures = text.indexOf('\n\n', start) + 2;
    const next = text.indexOf('\n\n', signatures) + 1;
    const end = next > 0 ? next : text.length;
    if (signatures < 2 || !text.endsWith('\n'))
      throw new SealError('bad-note', 'a note has an empty line between text and signatures');
    notes.push(text.slice(start, end));
    start = next > 0 ? next + 1 : end;
  } while (start < text.length);
  return notes;
}
