import { hashBytes, nodeHash } from './hash.ts';
import { SealError } from './error.ts';

/** The root of the subtree over leaves `from` to `to`, exclusive: one that RFC 6962 §2.1 splits some tree into. */
export type SubtreeRoot = (from: number, to: number) => Buffer;

/** Where RFC 6962 §2.1 splits a tree of `size` leaves: the greatest power of two below it. `size` is at least 2. */
export function splitOf(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/**
 * The roots of all subtrees of a log's tree after a batch, from what the batch's record holds: the frontier before the batch, and
 * the leaf hashes from `first` on, concatenated. What lies before `first` is asked for only where the frontier has it.
 */
export class BatchSubtrees {
  readonly size: number;
  readonly #first: number;
  readonly #leaves: Buffer;
  readonly #before = new Map<string, Buffer>();
  readonly #made = new Map<string, Buffer>();

  /** Throws `bad-record` where the frontier is not one of `first` leaves. */
  constructor(first: number, frontier: Buffer, leaves: Buffer) {
    this.#first = first;
    this.#leaves = leaves;
    this.size = first + leaves.length / hashBytes;
    let from = 0;
    let at = 0;
    for (const width of completeWidths(first)) {
      if (at + hashBytes > frontier.length) throw badFrontier(first, frontier);
      this.#before.set(nameOf(from, from + width), frontier.subarray(at, at + hashBytes));
      from += width;
      at += hashBytes;
    }
    if (at !== frontier.length) throw badFrontier(first, frontier);
  }

  root: SubtreeRoot = (from, to) => {
    const name = nameOf(from, to);
    const known = this.#before.get(name) ?? this.#made.get(name);
    if (known) return known;
    if (from < this.#first && to <= this.#first)
      throw new SealError('bad-record', `the frontier does not have the leaves ${from} to ${to}`);
    if (to - from === 1) {
      const at = (from - this.#first) * hashBytes;
      return this.#leaves.subarray(at, at + hashBytes);
    }
    const middle = from + splitOf(to - from);
    const made = nodeHash(this.root(from, middle), this.root(middle, to));
    this.#made.set(name, made);
    return made;
  };
}

/** Leaves of the complete subtrees that a tree of `size` leaves consists of, largest first. */
export function completeWidths(size: number): number[] {
  const widths: number[] = [];
  let rest = size;
  while (rest > 0) {
    let width = 1;
    while (width * 2 <= rest) width *= 2;
    widths.push(width);
    rest -= width;
  }
  return widths;
}

function nameOf(from: number, to: number): string {
  return `${from}-${to}`;
}

function badFrontier(first: number, frontier: Buffer): SealError {
  return new SealError(
    'bad-record',
    `a tree of size ${first} does not have a frontier of ${frontier.length} bytes`,
  );
}
