import { signedNoteDocument, signNote } from '../../../agent/seal/index.ts';
import type { SigningKey } from '../../../agent/seal/index.ts';

/** A note document of any text, its note signed by this key. */
export function noteDocument(text: string, key: SigningKey, namespace: string, at: Date): Buffer {
  return signedNoteDocument(signNote(text, key), key.verifier, namespace, at);
}
