import type { Event } from './event.ts';

/**
 * Different documents under one `event.id` that are remembered: an agent makes one, so more were made by somebody else. Of those
 * beyond it a copy counts as another document, since whoever writes them must not keep a question from being answered.
 */
const documentsMax = 10_000;

/**
 * Leaves out identical copies: the same document in several backing indices, as a repeated request leaves them behind
 * after a rollover. Events come in order of their `event.id`, so nothing has to be remembered but the last one's documents.
 */
export class Originals {
  copies = 0;
  /** Documents that share an `event.id` with another one, and are not the same: nobody but `verify` can tell which is true. */
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
