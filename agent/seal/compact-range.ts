import { hashBytes, nodeHash } from './hash.ts';
import { completeWidths, splitOf } from './subtrees.ts';
import { SealError } from './error.ts';

/** The root of a complete subtree: its width is a power of two, and its first leaf a multiple of that. */
interface Node {
  from: number;
  width: number;
  root: Buffer;
}

/**
 * The leaves `from` to `to`, exclusive, of a tree that only grows, as the roots of the largest complete subtrees in between: at most
 * two for each level, however many leaves there are. Ranges that follow one another can be put together.
 */
export class CompactRange {
  readonly from: number;
  readonly #nodes: Node[] = [];
  #to: number;

  constructor(from: number) {
    this.from = from;
    this.#to = from;
  }

  /** The whole of a tree, from its frontier. Throws `bad-record` where that is not one of `size` leaves. */
  static ofTree(size: number, frontier: Uint8Array): CompactRange {
    return CompactRange.parse(0, size, frontier);
  }

  /** From what {@link bytes} gave. Throws `bad-record` where it is not of that many leaves. */
  static parse(from: number, to: number, bytes: Uint8Array): CompactRange {
    const range = new CompactRange(from);
    const widths = widthsOf(from, to);
    if (bytes.length !== widths.length * hashBytes)
      throw new SealError(
        'bad-record',
        `the leaves ${from} to ${to} are not ${bytes.length} bytes of hashes`,
      );
    for (const [at, width] of widths.entries())
      range.#append(width, Buffer.from(bytes.subarray(at * hashBytes, (at + 1) * hashBytes)));
    return range;
  }

  get to(): number {
    return this.#to;
  }

  appendLeaf(leaf: Buffer): void {
    this.#append(1, Buffer.from(leaf));
  }

  /** Throws `bad-record` unless it begins where this one ends. */
  appendRange(next: CompactRange): void {
    if (next.from !== this.#to)
      throw new SealError('bad-record', `leaves from ${next.from} on do not follow ${this.#to}`);
    for (const { width, root } of next.#nodes) this.#append(width, root);
  }

  /** The roots, concatenated, from left to right; of a range from 0 on it is the frontier. */
  bytes(): Buffer {
    return Buffer.concat(this.#nodes.map(({ root }) => root));
  }

  clone(): CompactRange {
    const range = new CompactRange(this.from);
    range.appendRange(this);
    return range;
  }

  /** Roots by the leaves that they are over. */
  nodes(): readonly Node[] {
    return this.#nodes;
  }

  #append(width: number, root: Buffer): void {
    let node: Node = { from: this.#to, width, root };
    this.#to += width;
    for (let last = this.#nodes.at(-1); last; last = this.#nodes.at(-1)) {
      if (last.width !== node.width || last.from % (2 * last.width) !== 0) break;
      this.#nodes.pop();
      node = { from: last.from, width: 2 * last.width, root: nodeHash(last.root, node.root) };
    }
    this.#nodes.push(node);
  }
}

/** Widths of the largest complete subtrees of a range, from left to right. */
function widthsOf(from: number, to: number): number[] {
  const widths: number[] = [];
  let at = from;
  // Up to the first leaf that is a multiple of a power of two beyond the range, then as a tree of its own.
  for (let width = 1; at !== 0 && at < to; width *= 2) {
    if (at % (2 * width) === 0) continue;
    if (at + width > to) break;
    widths.push(width);
    at += width;
  }
  return [...widths, ...completeWidths(to - at)];
}

/** The root of the tree that a range from 0 on is, or that two are together. Throws `bad-record` where they do not follow one another. */
export function rootOf(...ranges: readonly CompactRange[]): Buffer {
  const nodes = nodesOf(ranges);
  return rootBetween(nodes, 0, ranges.at(-1)!.to);
}

/**
 * The consistency proof (RFC 6962 §2.1.2) between a tree and the one that it has grown to: `before` is the first as a range, `grown`
 * the leaves since. Empty from an empty tree on, and where nothing has grown.
 */
export function consistencyProof(before: CompactRange, grown: CompactRange): Buffer[] {
  const [old, size] = [before.to, grown.to];
  if (old === 0 || old === size) return [];
  const nodes = nodesOf([before, grown]);
  const proof: Buffer[] = [];
  let [from, to, isWhole] = [0, size, true];
  while (old !== to) {
    const middle = from + splitOf(to - from);
    if (old <= middle) {
      proof.push(rootBetween(nodes, middle, to));
      to = middle;
    } else {
      proof.push(rootBetween(nodes, from, middle));
      from = middle;
      isWhole = false;
    }
  }
  if (!isWhole) proof.push(rootBetween(nodes, from, to));
  return proof.toReversed();
}

function nodesOf(ranges: readonly CompactRange[]): ReadonlyMap<string, Buffer> {
  return new Map(
    ranges.flatMap((range) =>
      range.nodes().map(({ from, width, root }): [string, Buffer] => [`${from}-${from + width}`, root]),
    ),
  );
}

function rootBetween(nodes: ReadonlyMap<string, Buffer>, from: number, to: number): Buffer {
  const known = nodes.get(`${from}-${to}`);
  if (known) return known;
  if (to - from < 2) throw new SealError('bad-record', `nothing is known of leaf ${from}`);
  const middle = from + splitOf(to - from);
  return nodeHash(rootBetween(nodes, from, middle), rootBetween(nodes, middle, to));
}
