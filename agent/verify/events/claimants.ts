import { hashBytes, sha256 } from '../../seal/index.ts';
import type { Candidate } from './candidate.ts';

/** A document that claims the place of an event. */
export type Claimant = Pick<Candidate, 'id' | 'leaf'>;

/** Places of which the `_id`s are kept, and `_id`s of each: enough to follow what is named. An `_id` has at most 512 bytes. */
const placesMax = 1000;
const idsMax = 3;
/** Places of which the hash is kept: 16 MiB. */
const hashesMax = 500_000;

/** What is kept of the documents in the places of changed events: their hash, by which a second change is told from the first. */
export class Claimants {
  readonly #ids = new Map<string, readonly string[]>();
  #hashes = 0;

  /** Keeps the `_id`s; gives the hash to keep, undefined where too many are kept. */
  take(origin: string, index: number, claimants: readonly Claimant[]): Buffer | undefined {
    const ids = claimants.slice(0, idsMax).map(({ id }) => id);
    const place = `${origin} ${index}`;
    if (this.#ids.has(place) || this.#ids.size < placesMax)
      this.#ids.set(place, [...(this.#ids.get(place) ?? []), ...ids].slice(0, idsMax));
    if (this.#hashes >= hashesMax) return undefined;
    this.#hashes += 1;
    return hashOf(claimants.map(({ leaf }) => leaf));
  }

  /** Undefined where they are not kept. */
  idsOf(origin: string, index: number): readonly string[] | undefined {
    return this.#ids.get(`${origin} ${index}`);
  }
}

/** The one hash, or that of all in order of value: whichever is read first changes nothing. */
export function hashOf(hashes: readonly Buffer[]): Buffer {
  const [first, ...others] = hashes.toSorted((a, b) => a.compare(b));
  return others.length === 0 ? first! : sha256(Buffer.concat([first!, ...others]));
}

/** Hashes of places that follow one another, in the space that they take. */
export class Hashes {
  #bytes = Buffer.allocUnsafeSlow(hashBytes);
  #count = 0;

  /** Undefined leaves the place without one, and all after it. */
  push(hash: Buffer | undefined): void {
    if (!hash) return;
    const at = this.#count * hashBytes;
    if (at === this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(2 * this.#bytes.length);
      this.#bytes.copy(grown);
      this.#bytes = grown;
    }
    hash.copy(this.#bytes, at);
    this.#count += 1;
  }

  at(place: number): Buffer | undefined {
    if (place >= this.#count) return undefined;
    return this.#bytes.subarray(place * hashBytes, (place + 1) * hashBytes);
  }
}
