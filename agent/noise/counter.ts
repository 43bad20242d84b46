/** Events and their bytes. */
export interface Amount {
  events: number;
  bytes: number;
}

/** A client chooses users, agents and resources: of more values than this the rest is counted together. */
const keysMax = 10_000;
export const others = '(others)';

/** Amounts by a value of the events, in bounded memory. */
export class Counter {
  readonly #amounts = new Map<string, Amount>();

  add(key: string, bytes: number): void {
    let amount = this.#amounts.get(key);
    if (amount === undefined) {
      const name = this.#amounts.size < keysMax ? key : others;
      amount = this.#amounts.get(name);
      if (amount === undefined) this.#amounts.set(name, (amount = { events: 0, bytes: 0 }));
    }
    amount.events += 1;
    amount.bytes += bytes;
  }

  /** The most bytes first. */
  top(count = Infinity): [key: string, amount: Amount][] {
    return [...this.#amounts].toSorted(([, a], [, b]) => b.bytes - a.bytes).slice(0, count);
  }
}

export function addTo(amount: Amount, bytes: number): void {
  amount.events += 1;
  amount.bytes += bytes;
}
