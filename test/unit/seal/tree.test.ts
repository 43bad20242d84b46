import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leafHash, nodeHash, sha256, Tree, writeLeafHash } from '../../../agent/seal/index.ts';

/** RFC 6962 leaves, and the roots of the first n of them (docs/seal-format.md, Test vectors). */
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The definition of RFC 6962 §2.1, word for word: the other way to the same root. */
function rootByDefinition(entries: readonly Buffer[]): Buffer {
  if (entries.length === 0) return sha256('');
  if (entries.length === 1) return leafHash(entries[0]!);
  let k = 1;
  while (k * 2 < entries.length) k *= 2;
  return nodeHash(rootByDefinition(entries.slice(0, k)), rootByDefinition(entries.slice(k)));
}

function checkRoots(list: Uint8Array[], at: number): void {
  const buffers = list.map((entry) => Buffer.from(entry));
  const tree = Tree.empty();
  for (const entry of buffers.slice(0, at)) tree.append(leafHash(entry));
  const copy = Tree.fromFrontier(tree.size, tree.frontier());
  expect(copy.root()).toEqual(tree.root());
  for (const entry of buffers.slice(at)) copy.append(leafHash(entry));
  expect(copy.root()).toEqual(rootByDefinition(buffers));
}

describe('the tree', () => {
  test('has the roots of RFC 6962', () => {
    const tree = Tree.empty();
    expect(tree.root().toString('hex')).toBe(roots[0]);
    for (const [i, leaf] of leaves.entries()) {
      tree.append(leafHash(Buffer.from(leaf, 'hex')));
      expect(tree.root().toString('hex')).toBe(roots[i + 1]);
      expect(tree.size).toBe(i + 1);
    }
  });

  test('has the root of the definition, and goes on from its frontier as if nothing had been', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 });
    fc.assert(fc.property(entries, fc.nat(70), checkRoots), { numRuns: 200, seed: 6962 });
  });

  test('refuses a frontier with another number of hashes than its size has ones', () => {
    expect(() => Tree.fromFrontier(3, Buffer.alloc(32))).toThrow('does not have a frontier');
    expect(() => Tree.fromFrontier(4, Buffer.alloc(64))).toThrow('does not have a frontier');
    expect(() => Tree.fromFrontier(-1, Buffer.alloc(0))).toThrow('does not have a frontier');
    expect(Tree.fromFrontier(0, Buffer.alloc(0)).root().toString('hex')).toBe(roots[0]);
  });

  test('a leaf is hashed in place with the same result, and the byte before it is given back', () => {
    const buffer = Buffer.from('abcdef');
    const hashes = Buffer.alloc(64);
    writeLeafHash(buffer, 2, 5, hashes, 32);
    expect(hashes.subarray(32)).toEqual(leafHash(Buffer.from('cde')));
    expect(buffer.toString()).toBe('abcdef');
  });
});
