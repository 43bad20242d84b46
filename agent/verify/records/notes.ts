import { parseJson } from '../../json/index.ts';
import { isOrigin, logIdOf, openNote, parseVerifierKey, SealError } from '../../seal/index.ts';
import type { VerifierKey } from '../../seal/index.ts';
import type { StoredDocument } from '../streams.ts';

/** The members of a note document (docs/seal-format.md §4), undefined if it is none. */
export function noteOf(source: Buffer): { note: string; vkey: string | undefined } | undefined {
  const members = (parseJson(source) as { auditseal?: { note?: unknown; vkey?: unknown } } | undefined)
    ?.auditseal;
  if (typeof members?.note !== 'string') return undefined;
  return { note: members.note, vkey: typeof members.vkey === 'string' ? members.vkey : undefined };
}

/** The key of a start marker that its own key signed for this `_id`, or undefined: others count for nothing. */
export function markerKey({ id, source }: StoredDocument): VerifierKey | undefined {
  const [logId, counter] = id.split('-s');
  const document = noteOf(source);
  if (document?.vkey === undefined) return undefined;
  return unlessInvalid(() => {
    const key = parseVerifierKey(document.vkey!);
    const text = openNote(document.note, key);
    const isItsOwn =
      isOrigin(key.name) &&
      text === `auditseal start v1\n${key.name}\n${counter}\n` &&
      logIdOf(key.text) === logId;
    return isItsOwn ? key : undefined;
  });
}

/** Whether the note is one that this key signed. */
export function isSignedBy(note: string, key: VerifierKey): boolean {
  return unlessInvalid(() => openNote(note, key)) !== undefined;
}

/** Whether the document holds the log's signed word that this event was refused. */
export function isRefusalNote(source: Buffer, key: VerifierKey, index: number): boolean {
  const document = noteOf(source);
  if (!document) return false;
  const text = unlessInvalid(() => openNote(document.note, key));
  const head = `auditseal refused v1\n${key.name}\n${index}\n`;
  return text !== undefined && text.startsWith(head) && /^\d+ [^\n]+\n$/u.test(text.slice(head.length));
}

function unlessInvalid<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}
