import * as grammar from './grammar.ts';
import { transitions } from './grammar.ts';

/**
 * What the scanner stopped at: the braces of the top-level object (`open`, `close`), and of its members the first
 * and the last quote of the key and the comma that follows the value.
 */
export type Mark = 'open' | 'key' | 'keyEnd' | 'comma' | 'close';

const object = 0;
const array = 1;
/** A megabyte of nesting state at most, however deep a hostile text nests; Elasticsearch itself stops at 1,000. */
const depthMax = 1 << 20;

/**
 * A strict scanner of one JSON object (RFC 8259), fed piece by piece. It keeps one byte of state per level of
 * nesting and never recurses, so neither the length nor the depth of a hostile line costs more. Of objects it
 * accepts what JSON.parse accepts, except that it does not look at UTF-8.
 */
export class JsonScanner {
  /** Why the last `next` returned: undefined at the end of the bytes and after an error. */
  mark: Mark | undefined;
  /** The number of arrays and objects that are open. */
  depth = 0;
  /** The most that were open at once. */
  deepest = 0;
  #state = grammar.start;
  #kinds = new Uint8Array(64);

  /** True once the bytes cannot become a JSON object any more. */
  get broken(): boolean {
    return this.#state === grammar.broken;
  }

  /** True if what was fed so far is one whole object, apart from whitespace. */
  get closed(): boolean {
    return this.#state === grammar.done;
  }

  /** True if a value has ended and its array or object has not. */
  get afterValue(): boolean {
    return this.#state === grammar.after;
  }

  /** True if a value may begin here. */
  get atValue(): boolean {
    return this.#state === grammar.value || this.#state === grammar.valueOrEnd;
  }

  /**
   * Scans `bytes` from `from` to the next mark, the first error or `end`.
   *
   * @returns the offset to go on from, which is just after the marked byte, or on an error the offset of the byte
   * that cannot stand there
   */
  next(bytes: Buffer, from: number, end = bytes.length): number {
    this.mark = undefined;
    let state = this.#state;
    for (let at = from; at < end; at++) {
      if (state === grammar.text || state === grammar.keyText) {
        at = plainEnd(bytes, at, end);
        if (at === end) break;
      }
      const next = transitions[(state << 8) | (bytes[at] as number)] as number;
      if (next < grammar.openObject && next !== grammar.broken) {
        state = next;
        continue;
      }
      state = this.#act(next);
      if (state !== grammar.broken && this.mark === undefined) continue;
      this.#state = state;
      return state === grammar.broken ? at : at + 1;
    }
    this.#state = state;
    return end;
  }

  /** Carries out an action of the grammar and returns the state that it leads to. */
  #act(action: number): number {
    switch (action) {
      case grammar.openObject:
        return this.#open(object);
      case grammar.openArray:
        return this.#open(array);
      case grammar.closeObject:
        return this.#close(object);
      case grammar.closeArray:
        return this.#close(array);
      case grammar.separate:
        if (this.depth === 1) this.mark = 'comma';
        return this.#kinds[this.depth - 1] === array ? grammar.value : grammar.key;
      case grammar.keyBegin:
        if (this.depth === 1) this.mark = 'key';
        return grammar.keyText;
      case grammar.keyEnd:
        if (this.depth === 1) this.mark = 'keyEnd';
        return grammar.colon;
      default:
        return grammar.broken;
    }
  }

  #open(kind: number): number {
    if (this.depth === depthMax) return grammar.broken;
    if (this.depth === this.#kinds.length) {
      const kinds = new Uint8Array(this.depth * 2);
      kinds.set(this.#kinds);
      this.#kinds = kinds;
    }
    this.#kinds[this.depth++] = kind;
    if (this.depth > this.deepest) this.deepest = this.depth;
    if (this.depth === 1) this.mark = 'open';
    return kind === array ? grammar.valueOrEnd : grammar.keyOrEnd;
  }

  #close(kind: number): number {
    if (this.#kinds[this.depth - 1] !== kind) return grammar.broken;
    this.depth--;
    if (this.depth > 0) return grammar.after;
    this.mark = 'close';
    return grammar.done;
  }
}

/** The offset of the next byte that means something inside of a string: most bytes of a line do not. */
function plainEnd(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0x22 || byte === 0x5c || byte < 0x20) return at;
  }
  return end;
}
