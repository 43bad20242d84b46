import { assert, integer, property, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { CompactRange, consistencyProof, leafHash, rootOf, Tree } from '../../../agent/seal/index.ts';
import { isConsistent } from '../../kit/witness.ts';

const leaves = Array.from({ length: 140 }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));

function treeOf(size: number): Tree {
  const tree = Tree.empty();
  for (const leaf of leaves.slice(0, size)) tree.append(leaf);
  return tree;
}

function rangeOf(from: number, to: number): CompactRange {
  const range = new CompactRange(from);
  for (const leaf of leaves.slice(from, to)) range.appendLeaf(leaf);
  return range;
}

const three = tuple(
  integer({ min: 0, max: 140 }),
  integer({ min: 0, max: 140 }),
  integer({ min: 0, max: 140 }),
).map((sizes) => sizes.toSorted((a, b) => a - b) as [number, number, number]);

test('what has grown in pieces, and was stored between, proves that a tree is a part of the later one', () => {
  assert(
    property(three, ([old, middle, size]) => {
      const before = CompactRange.ofTree(old, treeOf(old).frontier());
      expect(before.bytes()).toEqual(treeOf(old).frontier());
      const grown = CompactRange.parse(old, middle, rangeOf(old, middle).bytes());
      grown.appendRange(rangeOf(middle, size));
      expect(grown.bytes()).toEqual(rangeOf(old, size).bytes());
      if (size > 0) expect(rootOf(before, grown)).toEqual(treeOf(size).root());
      const proof = consistencyProof(before, grown);
      const [was, is] = [old, size].map((each) => ({ size: each, root: treeOf(each).root() }));
      expect(isConsistent(was!, is!, proof)).toBe(true);
      if (old > 0) expect(isConsistent({ ...was!, root: leaves[0]! }, is!, proof)).toBe(old === 1);
      if (old > 0 && old < size) expect(isConsistent(was!, { ...is!, root: leaves[1]! }, proof)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('ranges that do not follow one another, or hashes of other leaves, are refused', () => {
  expect(() => rangeOf(0, 5).appendRange(rangeOf(6, 9))).toThrow('do not follow');
  expect(() => CompactRange.parse(3, 9, Buffer.alloc(32))).toThrow('are not 32 bytes of hashes');
  expect(() => rootOf(rangeOf(0, 5), rangeOf(6, 9))).toThrow('nothing is known');
});
