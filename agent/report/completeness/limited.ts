/** The first of many, and how many there are. */
export interface Listed<Entry> {
  total: number;
  list: Entry[];
}

/** Keeps the first entries and counts all. */
export class Limited<Entry> {
  readonly #max: number;
  readonly #list: Entry[] = [];
  #total = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** `make` is called only for an entry that is kept. */
  add(make: () => Entry): void {
    this.#total += 1;
    if (this.#list.length < this.#max) this.#list.push(make());
  }

  report(): Listed<Entry> {
    return { total: this.#total, list: this.#list };
  }
}
