import { Random } from '../../../kit/random.ts';
import type { Canary } from '../../../kit/canaries/index.ts';

/** Of these alone, so that nothing else in a log looks like a canary; and no format of a credential is made of them. */
const letters = 'QXZJKVW'.split('');
const digits = '23456789'.split('');
/** So many units in a row tell a value from all others. */
export const window = 8;
const seed = 20_261_201;

export interface Minted {
  /** Why the value stays readable by design. */
  readonly stays?: string;
  /** Names of objects are in lower case. */
  readonly isLower?: boolean;
  readonly length?: number;
}

/** Makes distinct values, from a seed, and keeps where each was planted. */
export class Minter {
  readonly canaries: Canary[] = [];
  readonly #random = new Random(seed);
  readonly #known = new Set<string>();

  mint(place: string, { stays, isLower = false, length = 14 }: Minted = {}): string {
    for (;;) {
      let value = '';
      while (value.length < length) value += this.#random.pick(value.length % 2 === 0 ? letters : digits);
      // What two values have in common could not be told apart where only a part of one leaves.
      const windows = Array.from({ length: length - window + 1 }, (_, at) => value.slice(at, at + window));
      if (windows.some((one) => this.#known.has(one))) continue;
      for (const one of windows) this.#known.add(one);
      const written = isLower ? value.toLowerCase() : value;
      this.canaries.push({ value: written, place, ...(stays !== undefined && { stays }) });
      return written;
    }
  }
}
