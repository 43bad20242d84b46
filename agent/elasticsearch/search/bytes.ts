/** Beyond this a buffer gets all that it may ever need: memory that nothing was written to takes none, and growing leaves garbage behind. */
const smallBytes = 1024 * 1024;

/** A buffer that grows as needed and is used again, so that a page of hits leaves no garbage behind. */
export class Bytes {
  readonly #max: number;
  #buffer = Buffer.allocUnsafeSlow(4096);
  #length = 0;

  /** @param max bytes that are kept; what is appended beyond them is left out */
  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  append(bytes: Uint8Array): void {
    const taken = bytes.subarray(0, this.#max - this.#length);
    this.#reserve(taken.length);
    this.#buffer.set(taken, this.#length);
    this.#length += taken.length;
  }

  text(start = 0): string {
    return this.#buffer.toString('utf8', start, this.#length);
  }

  /** A view, valid until the next change. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(
      needed > smallBytes ? this.#max : Math.max(2 * this.#buffer.length, needed),
    );
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
