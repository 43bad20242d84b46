/** Of either end. */
const charsMax = 100_000;

/** The beginning and the end of what is printed: a flood of findings must not fill the memory, and the end has the verdict. */
export class Excerpt {
  #beginning = '';
  #end = '';
  #chars = 0;

  add(text: string): void {
    this.#chars += text.length;
    const free = charsMax - this.#beginning.length;
    this.#beginning += text.slice(0, free);
    if (text.length <= free) return;
    this.#end += text.slice(Math.max(0, free));
    if (this.#end.length > 2 * charsMax) this.#end = this.#end.slice(-charsMax);
  }

  text(): string {
    const end = this.#end.slice(-charsMax);
    const left = this.#chars - this.#beginning.length - end.length;
    if (left === 0) return this.#beginning + end;
    return `${this.#beginning}\n\n(${left} characters are left out here)\n\n${end}`.toWellFormed();
  }
}
