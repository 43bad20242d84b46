import { BatchSubtrees, inclusionPath, leafHash, sharedPath } from '../seal/index.ts';
import type { SharedProof, TlogProof } from '../seal/index.ts';
import type { BatchRecord } from '../verify/index.ts';

/** A leaf of a batch. */
export interface Leaf {
  index: number;
  entry: Buffer;
  leaf: Buffer;
}

/** An entry with the proof that the checkpoint of its batch has it. */
export interface ProvenLeaf extends Leaf {
  origin: string;
  vkey: string;
  proof: TlogProof;
}

/** Proves some leaves of a batch, each for itself. */
export function prove(record: BatchRecord, leaves: readonly Leaf[]): ProvenLeaf[] {
  const { size, manifest, key, parts } = record;
  const subtrees = subtreesOf(record);
  return leaves.map((leaf) => ({
    ...leaf,
    origin: manifest.origin,
    vkey: key.text,
    proof: {
      index: leaf.index,
      path: inclusionPath(size, leaf.index, subtrees.root),
      checkpoint: parts.checkpoint,
    },
  }));
}

/** Proves some leaves of a batch together; their indexes ascend. */
export function proveTogether(record: BatchRecord, indexes: readonly number[]): SharedProof {
  const hashes = sharedPath(record.size, indexes, subtreesOf(record).root);
  return { indexes: rangesOf(indexes), hashes, checkpoint: record.parts.checkpoint };
}

function subtreesOf({ manifest, parts, leafHashes }: BatchRecord): BatchSubtrees {
  return new BatchSubtrees(
    manifest.first,
    parts.frontier,
    Buffer.concat([leafHashes, leafHash(Buffer.from(parts.manifestText))]),
  );
}

/** In the form in which indexes are written: ascending, each run with a gap before the next. */
function rangesOf(indexes: readonly number[]): SharedProof['indexes'] {
  const ranges: { first: number; last: number }[] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last && last.last + 1 === index) last.last = index;
    else ranges.push({ first: index, last: index });
  }
  return ranges;
}
