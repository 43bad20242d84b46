/** A set of bytes, as a table, that is read once, or any number of times. */
export interface Step {
  readonly bytes: Uint8Array;
  readonly isLoop: boolean;
}

export type Pattern = readonly Step[];

const bytesInAll = 256;

/** Letters in either case; anything else as it is. */
export function literal(text: string): Pattern {
  return Array.from(text, (unit) => once((code) => sameLetter(code, unit.charCodeAt(0))));
}

/** Each letter in its own case alone. */
export function exactly(text: string): Pattern {
  return Array.from(text, (unit) => once((code) => code === unit.charCodeAt(0)));
}

export function once(has: (byte: number) => boolean): Step {
  return { bytes: Uint8Array.from({ length: bytesInAll }, (_, byte) => (has(byte) ? 1 : 0)), isLoop: false };
}

export function loop(has: (byte: number) => boolean): Step {
  return { ...once(has), isLoop: true };
}

export function isLetter(byte: number): boolean {
  const small = byte | 0x20;
  return small >= 0x61 && small <= 0x7a;
}

function sameLetter(a: number, b: number): boolean {
  return a === b || (isLetter(a) && isLetter(b) && (a | 0x20) === (b | 0x20));
}

/**
 * Whether any of many patterns is in some bytes: one deterministic automaton for all (by the subset construction), so that each byte costs
 * one look into a table. Built once.
 */
export class ByteAutomaton {
  readonly #classOf = new Uint8Array(bytesInAll);
  /** By state (times the number of classes) and class: the state that follows, likewise. */
  readonly #next: Int32Array;

  /**
   * @param patterns what is looked for
   * @param exempt where one of these ends, what else ends there does not count
   */
  constructor(patterns: readonly Pattern[], exempt: readonly Pattern[]) {
    const all = [...patterns, ...exempt];
    const classes = this.#classes(all);
    this.#next = Int32Array.from(tableOf(all, patterns.length, classes));
  }

  isIn(bytes: Uint8Array): boolean {
    // Four runs through the automaton at a time: the next state of one is waited for while the others are looked up.
    const quarter = bytes.length >>> 2;
    if (quarter < runMin) return this.#end(bytes, 0, bytes.length, start);
    const [next, classOf] = [this.#next, this.#classOf];
    const [from1, from2, from3] = [quarter, 2 * quarter, 3 * quarter];
    let [a, b, c, d] = [start, start, start, start];
    for (let at = 0; at < quarter; at += 1) {
      a = next[a + (classOf[bytes[at] as number] as number)] as number;
      b = next[b + (classOf[bytes[at + from1] as number] as number)] as number;
      c = next[c + (classOf[bytes[at + from2] as number] as number)] as number;
      d = next[d + (classOf[bytes[at + from3] as number] as number)] as number;
      if (a < 0 || b < 0 || c < 0 || d < 0) return true;
    }
    return (
      this.#finish(bytes, from1, a) ||
      this.#finish(bytes, from2, b) ||
      this.#finish(bytes, from3, c) ||
      this.#end(bytes, from3 + quarter, bytes.length, d)
    );
  }

  /** What began before `from` may end behind it. */
  #finish(bytes: Uint8Array, from: number, state: number): boolean {
    const [next, classOf] = [this.#next, this.#classOf];
    let now = state;
    for (let at = from; at < bytes.length && now !== start; at += 1) {
      now = next[now + (classOf[bytes[at] as number] as number)] as number;
      if (now < 0) return true;
    }
    return now !== start && this.#end(bytes, bytes.length, bytes.length, now);
  }

  #end(bytes: Uint8Array, from: number, to: number, state: number): boolean {
    const [next, classOf] = [this.#next, this.#classOf];
    let now = state;
    for (let at = from; at < to; at += 1) {
      now = next[now + (classOf[bytes[at] as number] as number)] as number;
      if (now < 0) return true;
    }
    // The end is no letter.
    return (next[now + (classOf[newline] as number)] as number) < 0;
  }

  /** Bytes that no step tells apart are of one class. @returns one byte of each */
  #classes(patterns: readonly Pattern[]): number[] {
    const steps = [...new Set(patterns.flat().map(({ bytes }) => bytes))];
    const known = new Map<string, number>();
    const samples: number[] = [];
    for (let byte = 0; byte < bytesInAll; byte += 1) {
      const key = steps.map((bytes) => bytes[byte]).join('');
      let one = known.get(key);
      if (one === undefined) {
        one = known.size;
        known.set(key, one);
        samples.push(byte);
      }
      this.#classOf[byte] = one;
    }
    return samples;
  }
}

const start = 0;
const found = -1;
const newline = 0x0a;
const runMin = 64;

/** A step of a pattern that may come next: more than any pattern has steps. */
const stepsMax = 128;

function tableOf(patterns: readonly Pattern[], count: number, classes: readonly number[]): number[] {
  const afterStart = classes.map((byte) =>
    patterns.flatMap((_, pattern) => stepped(patterns, pattern * stepsMax, byte)),
  );
  const states = new Map<string, number>([['', 0]]);
  const places: number[][] = [[]];
  const table: number[] = [];
  // Grows while it is gone through.
  for (const active of places) {
    for (const [index, byte] of classes.entries()) {
      const further = active.flatMap((place) => stepped(patterns, place, byte));
      // Most bytes lead back to what they lead to from the start.
      if (further.length === 0 && active.length > 0) {
        table.push(table[index] as number);
        continue;
      }
      const all = [...new Set([...(afterStart[index] as number[]), ...further])];
      const ended = all.filter((place) => isEnd(patterns, place));
      if (ended.length > 0 && ended.every((place) => place < count * stepsMax)) {
        table.push(found);
        continue;
      }
      const left = (ended.length === 0 ? all : all.filter((place) => !isEnd(patterns, place))).toSorted(
        (a, b) => a - b,
      );
      const key = left.join(' ');
      let state = states.get(key);
      if (state === undefined) {
        state = states.size;
        states.set(key, state);
        places.push(left);
      }
      table.push(state * classes.length);
    }
  }
  return table;
}

function isEnd(patterns: readonly Pattern[], place: number): boolean {
  return place % stepsMax === (patterns[Math.floor(place / stepsMax)] as Pattern).length;
}

/** Where a pattern has got to after one more byte. */
function stepped(patterns: readonly Pattern[], place: number, byte: number): number[] {
  const pattern = Math.floor(place / stepsMax);
  const steps = patterns[pattern] as Pattern;
  const after: number[] = [];
  // A loop may be left without a byte.
  for (let step = place % stepsMax; step < steps.length; step += 1) {
    const { bytes, isLoop } = steps[step] as Step;
    if (bytes[byte] === 1) after.push(pattern * stepsMax + (isLoop ? step : step + 1));
    if (!isLoop) break;
  }
  return after;
}
