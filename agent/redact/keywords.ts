/** Where a keyword was found. */
export interface Hit {
  /** Offset of its first unit. */
  readonly at: number;
  readonly keyword: string;
}

/**
 * Finds any of many keywords in one pass, letters in either case: an automaton of Aho and Corasick (1975), so that time is
 * linear whatever the text.
 */
export class Keywords {
  readonly #classOf = new Uint8Array(256);
  readonly #classes: number;
  /** By state and class of a unit: the state that follows. */
  readonly #next: Uint16Array;
  /** By state: the keywords that end there. */
  readonly #ends: string[][];
  readonly #isEnd: Uint8Array;

  /** @param keywords in lower case, ASCII */
  constructor(keywords: readonly string[]) {
    const units = [...new Set(keywords.join(''))];
    for (const [index, unit] of units.entries()) {
      this.#classOf[unit.charCodeAt(0)] = index + 1;
      this.#classOf[unit.toUpperCase().charCodeAt(0)] = index + 1;
    }
    this.#classes = units.length + 1;
    const trie = trieOf(keywords, (unit) => this.#classOf[unit.charCodeAt(0)] as number, this.#classes);
    this.#next = trie.next;
    this.#ends = trie.ends;
    this.#isEnd = Uint8Array.from(trie.ends, (ends) => (ends.length > 0 ? 1 : 0));
  }

  /** Whether any is in these bytes. */
  isIn(bytes: Uint8Array): boolean {
    const [classOf, next, isEnd, classes] = [this.#classOf, this.#next, this.#isEnd, this.#classes];
    let state = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      state = next[state * classes + (classOf[bytes[at] as number] as number)] as number;
      if (isEnd[state] === 1) return true;
    }
    return false;
  }

  /** All that are in a text, in the order of their ends. */
  findIn(text: string): Hit[] {
    const hits: Hit[] = [];
    let state = 0;
    for (let at = 0; at < text.length; at += 1) {
      const unit = this.#classOf[text.charCodeAt(at) & 0xff] as number;
      state = this.#next[state * this.#classes + unit] as number;
      if (this.#isEnd[state] === 0) continue;
      for (const keyword of this.#ends[state] as string[])
        hits.push({ at: at + 1 - keyword.length, keyword });
    }
    return hits;
  }
}

function trieOf(keywords: readonly string[], classOf: (unit: string) => number, classes: number) {
  const children: Map<number, number>[] = [new Map()];
  const ends: string[][] = [[]];
  for (const keyword of keywords) {
    let state = 0;
    for (const unit of keyword) {
      const known = children[state]!.get(classOf(unit));
      if (known === undefined) {
        children[state]!.set(classOf(unit), children.length);
        state = children.length;
        children.push(new Map());
        ends.push([]);
      } else state = known;
    }
    ends[state]!.push(keyword);
  }
  const next = new Uint16Array(children.length * classes);
  const fallback = new Uint16Array(children.length);
  // Breadth first: the state that one falls back to is complete before it is asked.
  const queue = [0];
  for (const state of queue) {
    for (let unit = 0; unit < classes; unit += 1) {
      const child = children[state]!.get(unit);
      const otherwise = state === 0 ? 0 : (next[(fallback[state] as number) * classes + unit] as number);
      if (child === undefined) next[state * classes + unit] = otherwise;
      else {
        next[state * classes + unit] = child;
        fallback[child] = otherwise;
        ends[child]!.push(...ends[otherwise]!);
        queue.push(child);
      }
    }
  }
  return { next, ends };
}
