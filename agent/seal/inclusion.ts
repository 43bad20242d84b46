import { nodeHash } from './hash.ts';
import { splitOf } from './subtrees.ts';
import type { SubtreeRoot } from './subtrees.ts';

/** The audit path of one leaf (RFC 6962 §2.1.1): from the leaf's sibling to the root's child. */
export function inclusionPath(size: number, index: number, rootOf: SubtreeRoot): Buffer[] {
  const path: Buffer[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push(rootOf(middle, to));
      to = middle;
    } else {
      path.push(rootOf(from, middle));
      from = middle;
    }
  }
  return path.toReversed();
}

/** The root that a leaf and its audit path give; undefined where the path is not as long as that of this place. */
export function rootOfPath(
  size: number,
  index: number,
  leaf: Buffer,
  path: readonly Buffer[],
): Buffer | undefined {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size)
    return undefined;
  const isLeft: boolean[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    isLeft.push(index < middle);
    if (index < middle) to = middle;
    else from = middle;
  }
  if (isLeft.length !== path.length) return undefined;
  return path.reduce((root, sibling, at) => {
    const left = isLeft[isLeft.length - 1 - at]!;
    return left ? nodeHash(root, sibling) : nodeHash(sibling, root);
  }, leaf);
}

/**
 * What proves several leaves of one tree at once: the roots of the largest subtrees that hold none of them, from left to right.
 * `indexes` ascend, and there is at least one. Of one leaf it is its audit path in another order.
 */
export function sharedPath(size: number, indexes: readonly number[], rootOf: SubtreeRoot): Buffer[] {
  const hashes: Buffer[] = [];
  const visit = (from: number, to: number, first: number, last: number): void => {
    if (first === last) {
      hashes.push(rootOf(from, to));
      return;
    }
    if (to - from === 1) return;
    const middle = from + splitOf(to - from);
    const cut = firstAtLeast(indexes, middle, first, last);
    visit(from, middle, first, cut);
    visit(middle, to, cut, last);
  };
  visit(0, size, 0, indexes.length);
  return hashes;
}

/** A root, and the audit path of each leaf in it, in the order of the indexes. */
export interface Opened {
  root: Buffer;
  paths: Buffer[][];
}

/**
 * Takes a shared path apart: the root that it gives together with the leaves, and each leaf's own audit path. Undefined where it
 * has too many hashes or too few, or an index is not below `size`. `indexes` ascend.
 */
export function openSharedPath(
  size: number,
  indexes: readonly number[],
  leaves: readonly Buffer[],
  hashes: readonly Buffer[],
): Opened | undefined {
  if (indexes.length === 0 || !Number.isSafeInteger(size) || indexes.at(-1)! >= size) return undefined;
  const paths: Buffer[][] = indexes.map(() => []);
  let taken = 0;
  const visit = (from: number, to: number, first: number, last: number): Buffer | undefined => {
    if (first === last) return hashes[taken++];
    if (to - from === 1) return leaves[first];
    const middle = from + splitOf(to - from);
    const cut = firstAtLeast(indexes, middle, first, last);
    const left = visit(from, middle, first, cut);
    const right = left && visit(middle, to, cut, last);
    if (!left || !right) return undefined;
    for (let at = first; at < last; at += 1) paths[at]!.push(at < cut ? right : left);
    return nodeHash(left, right);
  };
  const root = visit(0, size, 0, indexes.length);
  return root && taken === hashes.length ? { root, paths } : undefined;
}

function firstAtLeast(indexes: readonly number[], bound: number, first: number, last: number): number {
  let [low, high] = [first, last];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (indexes[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
