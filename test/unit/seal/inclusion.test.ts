import { assert, boolean, double, infiniteStream, integer, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import {
  BatchSubtrees,
  inclusionPath,
  leafHash,
  openSharedPath,
  rootOfPath,
  sharedPath,
  Tree,
} from '../../../agent/seal/index.ts';

const leaves = Array.from({ length: 70 }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));

function treeOf(size: number): Tree {
  const tree = Tree.empty();
  for (const leaf of leaves.slice(0, size)) tree.append(leaf);
  return tree;
}

/** What a batch's record has of a tree: the frontier before it, and the leaves from there on. */
function subtrees(first: number, size: number): BatchSubtrees {
  return new BatchSubtrees(first, treeOf(first).frontier(), Buffer.concat(leaves.slice(first, size)));
}

const places = record({
  size: integer({ min: 1, max: 70 }),
  at: double({ min: 0, max: 0.999, noNaN: true }),
}).map(({ size, at }) => ({ size, first: Math.floor(at * size) }));

test('the audit path of every leaf of a batch leads to the root that is signed, and to that of no other place', () => {
  assert(
    property(places, ({ size, first }) => {
      const batch = subtrees(first, size);
      for (let index = first; index < size; index += 1) {
        const path = inclusionPath(size, index, batch.root);
        expect(rootOfPath(size, index, leaves[index]!, path)).toEqual(treeOf(size).root());
        expect(rootOfPath(size, index, leaves[(index + 1) % 70]!, path)).not.toEqual(treeOf(size).root());
        if (path.length > 0) expect(rootOfPath(size, index, leaves[index]!, path.slice(1))).toBeUndefined();
      }
    }),
    { numRuns: 60 },
  );
});

test('several leaves share what proves them, and each one’s own path comes out of it', () => {
  assert(
    property(places, infiniteStream(boolean()), ({ size, first }, picks) => {
      const batch = subtrees(first, size);
      const indexes: number[] = [];
      for (let index = first; index < size; index += 1) if (picks.next().value) indexes.push(index);
      if (indexes.length === 0) indexes.push(first);
      const of = indexes.map((index) => leaves[index]!);
      const hashes = sharedPath(size, indexes, batch.root);
      const opened = openSharedPath(size, indexes, of, hashes);
      expect(opened?.root).toEqual(treeOf(size).root());
      expect(opened?.paths).toEqual(indexes.map((index) => inclusionPath(size, index, batch.root)));
      expect(openSharedPath(size, indexes, of, [...hashes, leaves[0]!])).toBeUndefined();
      if (hashes.length > 0) expect(openSharedPath(size, indexes, of, hashes.slice(1))).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});

test('places that no tree has lead nowhere', () => {
  expect(rootOfPath(0, 0, leaves[0]!, [])).toBeUndefined();
  expect(rootOfPath(3, 3, leaves[0]!, [])).toBeUndefined();
  expect(rootOfPath(2 ** 60, 0, leaves[0]!, [])).toBeUndefined();
  expect(openSharedPath(3, [3], [leaves[0]!], [])).toBeUndefined();
  expect(openSharedPath(3, [], [], [])).toBeUndefined();
});
