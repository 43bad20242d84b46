import { eventDocumentId, hashBytes, leafHash, logIdOf } from '../seal/index.ts';
import type { TrustFile } from '../trust/index.ts';
import { judgeRecord } from '../verify/index.ts';
import type { BatchRecord, Lookup } from '../verify/index.ts';
import { chainOf } from './chain.ts';
import type { Chain } from './chain.ts';
import { ProofError } from './error.ts';
import type { Found } from './found.ts';
import type { Leaf } from './prove.ts';

/** What is proved of one batch. */
export interface BatchProof {
  record: BatchRecord;
  /** In order of their indexes. */
  leaves: Leaf[];
}

/** All that a proof holds, before it is written. */
export interface Proof {
  /** By log, then batch. */
  batches: BatchProof[];
  /** One for each key of `batches`. */
  chains: Map<string, Chain>;
  trusted: boolean;
}

type Records = Pick<Lookup, 'namespace' | 'holding' | 'newest' | 'nextOrigin'>;

/**
 * Proves events against the records of their batches. Of documents that claim one place that one is taken that was sealed there.
 * Throws ProofError where none was, there is no record, or its key is not trusted; and ElasticsearchError.
 */
export async function makeProof(
  found: readonly Found[],
  records: Records,
  trust: TrustFile | undefined,
): Promise<Proof> {
  const batches: BatchProof[] = [];
  let current: BatchProof | undefined;
  for (const claims of byPlace(found)) {
    const { origin, index } = claims[0]!;
    if (!current || !holds(current.record, origin, index)) {
      const record = await recordHolding(records, origin, index);
      current = { record, leaves: [] };
      batches.push(current);
    }
    current.leaves.push(sealedOf(claims, current.record));
  }
  const chains = new Map<string, Chain>();
  for (const { record } of batches)
    if (!chains.has(record.key.text)) chains.set(record.key.text, await chainOf(record.key, trust, records));
  return { batches, chains, trusted: trust !== undefined };
}

/** In order of log and index, what claims one place together. */
function byPlace(found: readonly Found[]): Found[][] {
  const sorted = found.toSorted((a, b) =>
    a.origin === b.origin ? a.index - b.index : a.origin < b.origin ? -1 : 1,
  );
  const places: Found[][] = [];
  for (const each of sorted) {
    const last = places.at(-1)?.[0];
    if (last?.origin === each.origin && last.index === each.index) places.at(-1)!.push(each);
    else places.push([each]);
  }
  return places;
}

function holds({ manifest: { origin, first, count } }: BatchRecord, of: string, index: number): boolean {
  return origin === of && index >= first && index < first + count;
}

async function recordHolding(records: Records, origin: string, index: number): Promise<BatchRecord> {
  for await (const document of records.holding(origin, index)) {
    const { record } = judgeRecord(document, records.namespace);
    if (record && holds(record, origin, index)) return record;
  }
  throw new ProofError(
    'not-there',
    `no record has index ${index} of ${origin}: it has not arrived yet, or was deleted; auditseal verify tells`,
  );
}

function sealedOf(claims: readonly Found[], { manifest, key, leafHashes }: BatchRecord): Leaf {
  const { origin, index } = claims[0]!;
  const at = (index - manifest.first) * hashBytes;
  const sealed = leafHashes.subarray(at, at + hashBytes);
  for (const { entry } of claims) {
    const leaf = leafHash(entry);
    if (leaf.equals(sealed)) return { index, entry, leaf };
  }
  throw new ProofError(
    'tampered',
    `index ${index} of ${origin} is not what was sealed (_id ${eventDocumentId(logIdOf(key.text), index, sealed)}); auditseal show tells more`,
  );
}
