import { jsonString } from './json.ts';
import type { SigningKey } from './key.ts';
import { signNote } from './note.ts';
import type { VerifierKey } from './vkey.ts';

/** The text of the note that the log's key signs for an event that Elasticsearch refused for good. */
export function refusalText(origin: string, index: number, status: number, type: string): string {
  return `auditseal refused v1\n${origin}\n${index}\n${status} ${type}\n`;
}

/** The text of the marker that the agent creates at each start. */
export function startText(origin: string, counter: number): string {
  return `auditseal start v1\n${origin}\n${counter}\n`;
}

/** The note document of docs/seal-format.md §4, one line without a newline; only `note` counts to a verifier. */
export function noteDocument(text: string, key: SigningKey, namespace: string, at: Date): Buffer {
  return signedNoteDocument(signNote(text, key), key.verifier, namespace, at);
}

/** The same of a note that was signed before, `verifier` being the key that signed it. */
export function signedNoteDocument(
  note: string,
  { name, text: vkey }: VerifierKey,
  namespace: string,
  at: Date,
): Buffer {
  return Buffer.from(
    `{"@timestamp":"${at.toISOString()}","data_stream":{"type":"logs","dataset":"auditseal.batch","namespace":${jsonString(namespace)}},` +
      `"auditseal":{"v":1,"origin":${jsonString(name)},"note":${jsonString(note)},"vkey":${jsonString(vkey)}}}`,
  );
}
