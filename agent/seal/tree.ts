import { hashBytes, nodeHash, sha256 } from './hash.ts';
import { SealError } from './error.ts';

/**
 * An RFC 6962 tree that only grows, held as its frontier: the roots of the complete subtrees, largest first,
 * one for each one in the binary form of the size. 32 bytes each, at most 53 of them.
 */
export class Tree {
  #size: number;
  readonly #roots: Buffer[];

  private constructor(size: number, roots: Buffer[]) {
    this.#size = size;
    this.#roots = roots;
  }

  static empty(): Tree {
    return new Tree(0, []);
  }

  /** From `size` and the concatenated roots of `frontier()`. Throws `bad-record` if their number does not fit the size. */
  static fromFrontier(size: number, frontier: Uint8Array): Tree {
    if (!Number.isSafeInteger(size) || size < 0 || frontier.length !== onesIn(size) * hashBytes) {
      throw new SealError(
        'bad-record',
        `a tree of size ${size} does not have a frontier of ${frontier.length} bytes`,
      );
    }
    const roots: Buffer[] = [];
    for (let at = 0; at < frontier.length; at += hashBytes)
      roots.push(Buffer.from(frontier.subarray(at, at + hashBytes)));
    return new Tree(size, roots);
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: Buffer): void {
    let root = leaf;
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2)
      root = nodeHash(this.#roots.pop()!, root);
    this.#roots.push(root);
    this.#size += 1;
  }

  /** The Merkle tree hash; of the empty tree SHA-256(""). */
  root(): Buffer {
    const roots = this.#roots;
    let root = roots.at(-1);
    if (root === undefined) return sha256('');
    for (let i = roots.length - 2; i >= 0; i -= 1) root = nodeHash(roots[i]!, root);
    return root;
  }

  /** The roots of the complete subtrees, concatenated, largest first. */
  frontier(): Buffer {
    return Buffer.concat(this.#roots);
  }

  clone(): Tree {
    return new Tree(this.#size, [...this.#roots]);
  }
}

function onesIn(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
