/** Counts by name. How many names are held is bounded, since a thief of a log's key may sign any: the rest is counted as one. */
export class Counts {
  readonly #max: number;
  readonly #counts = new Map<string, number>();
  #others = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(name: string, count = 1): void {
    const before = this.#counts.get(name);
    if (before === undefined && this.#counts.size >= this.#max) this.#others += count;
    else this.#counts.set(name, (before ?? 0) + count);
  }

  addAll(counts: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(counts)) this.add(name, count);
  }

  /** The greatest first. */
  list(): Counted[] {
    const byCount = [...this.#counts].toSorted(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1));
    const sorted = byCount.map(([name, count]): Counted => ({ name, count }));
    return this.#others === 0 ? sorted : [...sorted, { name: null, count: this.#others }];
  }
}

export interface Counted {
  /** Null: all others together. */
  name: string | null;
  count: number;
}
