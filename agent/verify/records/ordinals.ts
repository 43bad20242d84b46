/** A set of ascending numbers, kept as ranges: what is mostly everything takes no space. */
export class Ordinals {
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  /** Adds a number greater than all before. */
  add(ordinal: number): void {
    const last = this.#to.length - 1;
    if (this.#to[last] === ordinal - 1) this.#to[last] = ordinal;
    else {
      this.#from.push(ordinal);
      this.#to.push(ordinal);
    }
  }

  /** Answers for ascending numbers. */
  reader(): (ordinal: number) => boolean {
    let at = 0;
    return (ordinal) => {
      while (at < this.#to.length && this.#to[at]! < ordinal) at += 1;
      return at < this.#from.length && this.#from[at]! <= ordinal;
    };
  }
}
