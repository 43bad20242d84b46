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

export function refusalDocumentId(logId: string, index: number): string {
  return `${logId}-r${String(index).padStart(12, '0')}`;
}

export function startDocumentId(logId: string, counter: number): string {
  return `${logId}-s${counter}`;
}
