import { sha256 } from './hash.ts';

/** Document ids (docs/seal-format.md §5): from position and content, never from the client-chosen auditID. */

/** First 16 hex digits of SHA-256(vkey). */
export function logIdOf(vkey: string): string {
  return sha256(vkey).toString('hex', 0, 8);
}

/** `event.id`: the document's `_id` without the hash. Made once for both. */
export function eventId(logId: string, index: number): string {
  if (index !== last.index || logId !== last.logId)
    last = { logId, index, id: `${logId}-${String(index).padStart(12, '0')}` };
  return last.id;
}

let last = { logId: '', index: NaN, id: '' };

export function eventDocumentId(logId: string, index: number, leaf: Buffer): string {
  return `${eventId(logId, index)}-${leaf.toString('hex', 0, 8)}`;
}

export function recordDocumentId(logId: string, batch: number, root: Buffer): string {
  return `${logId}-b${String(batch).padStart(8, '0')}-${root.toString('hex', 0, 8)}`;
}

/**
 * Of a signed note about one place of a log, as `r000000000005` or `s1`. Its end is a hash of the note with its signature line, so
 * that only the key's holder can know it: nobody can take the `_id` before him, and whoever has it already has the same note.
 */
export function noteDocumentId(logId: string, place: string, note: string | Buffer): string {
  return `${logId}-${place}-${sha256(note).toString('hex', 0, 8)}`;
}
