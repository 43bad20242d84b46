import { hashBytes, leafHash } from '../../seal/index.ts';
import type { Batch } from './batches.ts';
import type { LogKey } from '../records/keys.ts';
import { refusedLeaf } from './refused.ts';
import type { Refusals } from '../records/refusals.ts';
import type { StoredDocument } from '../streams.ts';

/** What is remembered of a document that claims an index: enough to judge it later without its bytes. */
export interface Candidate {
  id: string;
  /** Leaf hash of its bytes. */
  leaf: Buffer;
  /** Leaf hash of the entry inside, if it is a proper refused form. */
  refused: Buffer | undefined;
}

export function candidateOf(
  { id, source }: StoredDocument,
  index: number,
  key: LogKey | undefined,
  refusals: Refusals,
): Candidate {
  return { id, leaf: leafHash(source), refused: key && refusedLeaf(source, index, key.logId, refusals) };
}

const suffixAt = 30;
const indexAt = 17;

/**
 * Whether an `_id` is that of `index` in a log, whose leaf hash is at `offset`. By hand, since it is done for every event;
 * the whole of it, since the index of a document may have been taken from its bytes.
 */
export function isIdOf(id: string, logId: string, index: number, leaves: Buffer, offset: number): boolean {
  const at = offset * hashBytes;
  if (
    id.length !== suffixAt + 16 ||
    !id.startsWith(logId) ||
    !id.endsWith(leaves.toString('hex', at, at + 8))
  )
    return false;
  if (id[indexAt - 1] !== '-' || id[suffixAt - 1] !== '-') return false;
  let rest = index;
  for (let digit = suffixAt - 2; digit >= indexAt; digit -= 1) {
    if (id.charCodeAt(digit) - 0x30 !== rest % 10) return false;
    rest = Math.floor(rest / 10);
  }
  return rest === 0;
}

export function isLeaf(leaf: Buffer, leaves: Buffer, offset: number): boolean {
  return leaf.compare(leaves, offset * hashBytes, (offset + 1) * hashBytes) === 0;
}

/** Whether a candidate is what the batch says of its index: bytes or refused form, and `_id`. */
export function matches(candidate: Candidate, { leaves, first, key }: Batch, index: number): boolean {
  const offset = index - first;
  const { id, leaf, refused } = candidate;
  return (
    isIdOf(id, key.logId, index, leaves, offset) &&
    (isLeaf(leaf, leaves, offset) || (refused !== undefined && isLeaf(refused, leaves, offset)))
  );
}
