import type { Frame } from './walk.ts';

/** Where in each pattern a path has got to: a bit for each part that may come next. */
export type PathState = Int32Array;

/**
 * Many patterns of paths at once: JSON Pointers (RFC 6901) in which a part `*` is any one, `**` any number. A path is
 * followed part by part, and what is known of an object or array is kept with it, so that nesting costs no more than its length.
 */
export class PathPatterns {
  readonly #patterns: readonly (readonly string[])[];
  readonly #start: PathState;

  constructor(paths: readonly string[]) {
    this.#patterns = paths.map((path) => path.split('/').slice(1).map(unescapedPart));
    this.#start = Int32Array.from(this.#patterns, (parts) => skipped(parts, 1));
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  /**
   * The state at the string that is being read.
   *
   * @param base the state of the string that these frames are in; undefined for an event
   */
  at(frames: readonly Frame[], base: PathState | undefined): PathState {
    let state = base ?? this.#start;
    let known = frames.length - 1;
    while (known > 0 && frames[known]!.paths === undefined) known -= 1;
    state = frames[known]?.paths ?? state;
    for (let at = known; at < frames.length; at += 1) {
      const frame = frames[at] as Frame;
      frame.paths = state;
      state = this.#next(state, frame.isArray ? String(frame.index) : nameOf(frame.key));
    }
    return state;
  }

  /** Whether a state is at the end of a pattern. */
  matches(state: PathState, pattern: number): boolean {
    return ((state[pattern] as number) & (1 << (this.#patterns[pattern] as readonly string[]).length)) !== 0;
  }

  #next(state: PathState, part: string): PathState {
    const next = new Int32Array(state.length);
    for (const [index, parts] of this.#patterns.entries()) {
      const before = state[index] as number;
      if (before === 0) continue;
      let after = 0;
      for (let at = 0; at < parts.length; at += 1) {
        if ((before & (1 << at)) === 0) continue;
        if (parts[at] === '**') after |= 1 << at;
        else if (parts[at] === '*' || parts[at] === part) after |= 1 << (at + 1);
      }
      next[index] = skipped(parts, after);
    }
    return next;
  }
}

/** `**` may be nothing. */
function skipped(parts: readonly string[], state: number): number {
  let all = state;
  for (let at = 0; at < parts.length; at += 1)
    if ((all & (1 << at)) !== 0 && parts[at] === '**') all |= 1 << (at + 1);
  return all;
}

function unescapedPart(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Names in the units of a decoded text become characters. */
function nameOf(key: string): string {
  return Buffer.from(key, 'latin1').toString();
}
