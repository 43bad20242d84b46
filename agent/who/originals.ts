import type { Event } from './event.ts';

/**
 * Different documents under one `event.id` that are remembered. An agent makes one, so somebody else made the others. Beyond this
 * number copies are counted as documents of their own: a flood must not fill the memory, nor stop the answer.
 */
const documentsMax = 10_000;

/**
 * Leaves out identical copies: the same document in several backing indices, as a repeated request leaves them behind
 * after a rollover. Events come in order of their `event.id`, so only the documents of the last one are remembered.
 */
export class Originals {
  copies = 0;
  /** Documents that share an `event.id` with another, different one: only `verify` can tell which is the agent's. */
  clashes = 0;
  #eventId: string | null = null;
  readonly #documents = new Set<string>();

  /** False for a copy. */
  isOriginal({ eventId, documentId }: Event): boolean {
    if (eventId === null) return true;
    if (eventId !== this.#eventId) {
      this.#eventId = eventId;
      this.#documents.clear();
    }
    // The `_id` ends with a hash of the document.
    if (this.#documents.has(documentId)) {
      this.copies += 1;
      return false;
    }
    if (this.#documents.size > 0) this.clashes += 1;
    if (this.#documents.size < documentsMax) this.#documents.add(documentId);
    return true;
  }
}
