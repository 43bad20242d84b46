import { entriesMax, ProofError } from '../../proof/index.ts';
import type { WhoOptions } from '../../who/index.ts';

type Event = Parameters<NonNullable<WhoOptions['onListed']>>[0];

/**
 * The events of the requests that an answer lists. Events of one Audit-ID come one after the other, and what became of its requests
 * is known behind the last: an Audit-ID of which any request is listed is taken whole.
 */
export class ListedEvents {
  readonly #ids: string[] = [];
  #pending: string[] = [];
  #request: string | null = null;
  #overflowed = false;

  onOriginal = ({ documentId, request }: Event): void => {
    if (request === null || request !== this.#request) this.#pending = [];
    this.#request = request;
    if (this.#pending.length <= entriesMax) this.#pending.push(documentId);
  };

  onListed = (): void => {
    if (this.#ids.length + this.#pending.length > entriesMax) this.#overflowed = true;
    else this.#ids.push(...this.#pending);
    this.#pending = [];
  };

  /** Their `_id`s. Throws ProofError `usage` where they are too many for one proof. */
  get ids(): readonly string[] {
    if (this.#overflowed)
      throw new ProofError(
        'usage',
        `--proof: more than ${entriesMax} events are listed: narrow the question`,
      );
    return this.#ids;
  }
}
