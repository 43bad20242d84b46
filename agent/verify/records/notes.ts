import { parseDocument } from '../parse-document.ts';
import {
  isOrigin,
  logIdOf,
  noteDocumentId,
  openNote,
  parseVerifierKey,
  SealError,
} from '../../seal/index.ts';
import type { RefusedForm, VerifierKey } from '../../seal/index.ts';
import type { StoredDocument } from '../streams.ts';

/** The members of a note document (docs/seal-format.md §4), undefined if it is none. */
export function noteOf(source: Buffer): { note: string; vkey: string | undefined } | undefined {
  const members = (parseDocument(source) as { auditseal?: { note?: unknown; vkey?: unknown } } | undefined)
    ?.auditseal;
  if (typeof members?.note !== 'string') return undefined;
  return { note: members.note, vkey: typeof members.vkey === 'string' ? members.vkey : undefined };
}

/** The key of a start marker that its own key signed for this `_id`, or undefined: others count for nothing. */
export function markerKey({ id, source }: StoredDocument): VerifierKey | undefined {
  const [, logId, counter] = /^([0-9a-f]{16})-s(\d+)-[0-9a-f]{16}$/u.exec(id) ?? [];
  const document = logId === undefined ? undefined : noteOf(source);
  if (document?.vkey === undefined) return undefined;
  return unlessInvalid(() => {
    const key = parseVerifierKey(document.vkey!);
    const text = openNote(document.note, key);
    const isItsOwn =
      isOrigin(key.name) &&
      text === `auditseal start v1\n${key.name}\n${counter}\n` &&
      logIdOf(key.text) === logId &&
      id === noteDocumentId(logId, `s${counter}`, document.note);
    return isItsOwn ? key : undefined;
  });
}

/** Whether the note is one that this key signed. */
export function isSignedBy(note: string, key: VerifierKey): boolean {
  return unlessInvalid(() => openNote(note, key)) !== undefined;
}

/** What a refusal note says, whichever key signed it. */
export interface Refusal {
  logId: string;
  index: number;
  form: RefusedForm;
  /** Hex SHA-256 of the message that its form gives. */
  messageDigest: string;
  note: string;
}

const refusalIdForm = /^([0-9a-f]{16})-r(\d{12})-[0-9a-f]{16}$/u;
const refusalTextForm =
  /^auditseal refused v1\n([^\n]+)\n(\d+)\n(bodies|event)\n\d+ [^\n]+\n([0-9a-f]{64})\n$/u;

/** A refusal note by its `_id` and its text; its signature is for {@link isRefusalOf}. Undefined if it is none. */
export function refusalOf({ id, source }: StoredDocument): Refusal | undefined {
  const [, logId, digits] = refusalIdForm.exec(id) ?? [];
  if (logId === undefined || digits === undefined) return undefined;
  const note = noteOf(source)?.note;
  const text = note?.slice(0, note.lastIndexOf('\n\n') + 1) ?? '';
  const [, , index, form, messageDigest] = refusalTextForm.exec(text) ?? [];
  if (note === undefined || messageDigest === undefined || index !== String(Number(digits))) return undefined;
  if (id !== noteDocumentId(logId, `r${digits}`, note)) return undefined;
  return { logId, index: Number(digits), form: form as RefusedForm, messageDigest, note };
}

/** Whether this key signed it, for its own log. */
export function isRefusalOf(key: VerifierKey, { note }: Refusal): boolean {
  return unlessInvalid(() => openNote(note, key))?.split('\n')[1] === key.name;
}

function unlessInvalid<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}
