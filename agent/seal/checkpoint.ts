import { SealError } from './error.ts';
import { hashBytes } from './hash.ts';
import { parseBase64 } from './json.ts';
import type { SigningKey } from './key.ts';
import { openNote, signNote, splitNote } from './note.ts';
import type { Tree } from './tree.ts';
import type { VerifierKey } from './vkey.ts';

/** C2SP tlog-checkpoint without extension lines. */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Buffer;
}

export function signCheckpoint(tree: Tree, key: SigningKey): string {
  return signNote(`${key.verifier.name}\n${tree.size}\n${tree.root().toString('base64')}\n`, key);
}

/** Verifies the signature, then parses. Throws `bad-note`, `bad-signature`, `bad-checkpoint`. */
export function openCheckpoint(note: string, key: VerifierKey): Checkpoint {
  return parseCheckpoint(openNote(note, key));
}

/**
 * The same of a note that may have cosignatures behind the log's signature; those are given as they are, nothing of them was
 * verified. Throws as {@link openCheckpoint}.
 */
export function openCosigned(note: string, key: VerifierKey): Checkpoint & { cosignatures: string[] } {
  const { text, lines } = splitNote(note);
  const [own, ...cosignatures] = lines;
  return { ...openCheckpoint(`${text}\n${own}`, key), cosignatures };
}

/** The three lines of a checkpoint's text. Throws `bad-checkpoint`. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, decimal, encoded, end, ...rest] = text.split('\n');
  const root = parseBase64(encoded);
  if (
    !origin ||
    end !== '' ||
    rest.length > 0 ||
    root?.length !== hashBytes ||
    !/^(0|[1-9]\d{0,15})$/u.test(decimal ?? '')
  ) {
    throw new SealError(
      'bad-checkpoint',
      'a checkpoint is origin, decimal size and base64 root hash, a line each',
    );
  }
  return { origin, size: Number(decimal), root };
}
