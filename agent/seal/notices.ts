import { sha256 } from './hash.ts';
import { logIdOf, noteDocumentId } from './ids.ts';
import { jsonString } from './json.ts';
import type { SigningKey } from './key.ts';
import { signNote } from './note.ts';
import { refusalMessage } from './refused.ts';
import type { RefusedForm } from './refused.ts';
import type { VerifierKey } from './vkey.ts';

/** A document of the record stream. */
export interface NoteDocument {
  id: string;
  /** One line without a newline. */
  source: Buffer;
}

/** That Elasticsearch refused an event for good, and in which form it was sent then. */
export interface SignedRefusal {
  index: number;
  form: RefusedForm;
  status: number;
  type: string;
  /** Elasticsearch's reason, as it was given. */
  message: string;
}

/** The text of the note that the log's key signs for a refused event. */
export function refusalText(origin: string, { index, form, status, type, message }: SignedRefusal): string {
  const digest = sha256(refusalMessage(message)).toString('hex');
  return `auditseal refused v1\n${origin}\n${index}\n${form}\n${status} ${type}\n${digest}\n`;
}

/** The text of the marker that the agent creates at each start. */
export function startText(origin: string, counter: number): string {
  return `auditseal start v1\n${origin}\n${counter}\n`;
}

/** The refusal note of docs/seal-format.md §4. */
export function refusalNote(
  refusal: SignedRefusal,
  key: SigningKey,
  namespace: string,
  at: Date,
): NoteDocument {
  const { name, text: vkey } = key.verifier;
  const note = signNote(refusalText(name, refusal), key);
  const place = `r${String(refusal.index).padStart(12, '0')}`;
  const id = noteDocumentId(logIdOf(vkey), place, note);
  return { id, source: signedNoteDocument(note, key.verifier, namespace, at, refusal.index) };
}

/** The start marker of docs/seal-format.md §6. */
export function startMarker(counter: number, key: SigningKey, namespace: string, at: Date): NoteDocument {
  const { name, text: vkey } = key.verifier;
  const note = signNote(startText(name, counter), key);
  const id = noteDocumentId(logIdOf(vkey), `s${counter}`, note);
  return { id, source: signedNoteDocument(note, key.verifier, namespace, at) };
}

/**
 * The note document of docs/seal-format.md §4 of a note that was signed before, under the name by which it is found and the key that signed it; one line
 * without a newline. Only `note` counts to a verifier; by `index`, the leaf index that it is about, it is found.
 */
export function signedNoteDocument(
  note: string,
  { name, text: vkey }: Pick<VerifierKey, 'name' | 'text'>,
  namespace: string,
  at: Date,
  index?: number,
): Buffer {
  const about = index === undefined ? '' : `"index":${index},`;
  return Buffer.from(
    `{"@timestamp":"${at.toISOString()}","data_stream":{"type":"logs","dataset":"auditseal.batch","namespace":${jsonString(namespace)}},` +
      `"auditseal":{"v":1,"origin":${jsonString(name)},${about}"note":${jsonString(note)},"vkey":${jsonString(vkey)}}}`,
  );
}
