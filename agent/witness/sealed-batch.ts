import { gunzipSync } from 'node:zlib';
import { parseBounded } from '../json/index.ts';
import { CompactRange, hashBytes, leafHash, parseBase64 } from '../seal/index.ts';
import type { StoredBatch } from '../store/index.ts';
import { WitnessError } from './error.ts';

/** The limits of docs/seal-format.md §8.1. */
const bounds = { bytesMax: 16 * 1024 * 1024, valuesMax: 200_000 };

/** What a batch has added to its log's tree. */
export interface Added {
  /** Its leaves, the manifest's last. */
  leaves: CompactRange;
  /** The trees before and after it. */
  before: CompactRange;
  tree: CompactRange;
  /** The signed note. */
  checkpoint: string;
}

/** From the bulk body of a batch's record, as it was stored. Throws WitnessError `bad-record`. */
export function addedBy({ record }: Pick<StoredBatch, 'record'>): Added {
  const body = gunzipSync(record, { maxOutputLength: 2 * bounds.bytesMax });
  return addedOf(body.subarray(body.indexOf(0x0a) + 1, -1));
}

/** From a record's bytes, which nobody has verified. Throws WitnessError `bad-record`. */
export function addedOf(record: Buffer): Added {
  const value = parseBounded(record, bounds) as { auditseal?: Record<string, unknown> } | undefined;
  const {
    first,
    manifest,
    checkpoint,
    leaf_hashes: leafText,
    frontier: frontierText,
  } = value?.auditseal ?? {};
  const hashes = parseBase64(leafText);
  const frontier = parseBase64(frontierText);
  const isWhole =
    Number.isSafeInteger(first) && typeof manifest === 'string' && typeof checkpoint === 'string';
  if (!isWhole || !hashes || !frontier)
    throw new WitnessError('bad-record', 'it lacks the members of a record');
  const leaves = new CompactRange(first as number);
  for (let at = 0; at < hashes.length; at += hashBytes)
    leaves.appendLeaf(hashes.subarray(at, at + hashBytes));
  leaves.appendLeaf(leafHash(Buffer.from(manifest)));
  const before = CompactRange.ofTree(first as number, frontier);
  const tree = before.clone();
  tree.appendRange(leaves);
  return { leaves, before, tree, checkpoint };
}
