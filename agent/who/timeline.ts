import { bytesOf, heldBytesMax } from './held-bytes.ts';
import type { Requests } from './request.ts';

/** More requests than these are not held, whatever is asked for. */
const requestsMaxDefault = 100_000;

export interface TimelineOptions {
  /** Requests that are kept: the first, or with `latest` the last. */
  max?: number | undefined;
  latest?: boolean | undefined;
  bytesMax?: number | undefined;
}

/**
 * Requests one by one, in order of time: those of one end, as many as are wanted. Of the others it is known how many there were. Memory
 * is bounded by number and by the bytes of their names.
 */
export class Timeline {
  /** All that were added, also those that are not kept. */
  requests = 0;
  readonly #max: number;
  readonly #bytesMax: number;
  readonly #latest: boolean;
  #kept: Requests[] = [];
  #bytes = 0;

  constructor({ max = requestsMaxDefault, latest = false, bytesMax = heldBytesMax }: TimelineOptions = {}) {
    this.#max = Math.min(max, requestsMaxDefault);
    this.#bytesMax = bytesMax;
    this.#latest = latest;
  }

  add(found: Requests): void {
    this.requests += found.count;
    this.#kept.push(found);
    this.#bytes += heldBy(found);
    if (this.#kept.length >= 2 * this.#max || this.#bytes >= this.#bytesMax) this.#sort();
  }

  /** Those that are kept: the first one first, or with `latest` the last one first. */
  sorted(): Requests[] {
    this.#sort();
    return this.#kept;
  }

  #sort(): void {
    const sign = this.#latest ? -1 : 1;
    const sorted = this.#kept.toSorted(
      (a, b) => sign * (compare(a.first, b.first) || compare(a.last, b.last)),
    );
    this.#kept = [];
    this.#bytes = 0;
    for (const each of sorted) {
      const bytes = heldBy(each);
      if (this.#kept.length >= this.#max || this.#bytes + bytes > this.#bytesMax / 2) break;
      this.#kept.push(each);
      this.#bytes += bytes;
    }
  }
}

function heldBy({ event, addresses }: Requests): number {
  const { credential, ...own } = event;
  const texts = [...Object.values(own), ...Object.values(credential ?? {})].filter(
    (value) => typeof value === 'string',
  );
  return bytesOf([...texts, ...addresses]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
