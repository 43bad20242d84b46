import { PointInTime, walk } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { CompactRange, openCheckpoint, rootOf, SealError } from '../seal/index.ts';
import type { VerifierKey } from '../seal/index.ts';
import { recordStream } from '../streams/index.ts';
import { WitnessError } from './error.ts';
import { addedOf } from './sealed-batch.ts';
import type { Added } from './sealed-batch.ts';

export interface CatchUpQuery {
  client: ElasticsearchClient;
  namespace: string;
  key: VerifierKey;
  /** Sizes of the tree that the witness has, and of the one that it is to cosign. */
  from: number;
  to: number;
  signal: AbortSignal;
}

/**
 * What a log has added since a size, from its records in Elasticsearch, one at a time: hashes of old entries are nowhere else. Records
 * that the log's key has not signed are passed over. Undefined where no record begins at that size, or one on the way is missing.
 * Throws ElasticsearchError.
 */
export async function catchUp({
  client,
  namespace,
  key,
  from,
  to,
  signal,
}: CatchUpQuery): Promise<{ tree: CompactRange; grown: CompactRange } | undefined> {
  const pit = await PointInTime.open(client, recordStream(namespace), signal);
  if (!pit) return undefined;
  const sizes = { range: { 'auditseal.size': { gt: from, lte: to } } };
  const query = { bool: { filter: [{ term: { 'auditseal.origin': key.name } }, sizes] } };
  const sort = [{ 'auditseal.batch': { order: 'asc', unmapped_type: 'long' } }];
  let tree: CompactRange | undefined;
  const grown = new CompactRange(from);
  try {
    for await (const { source } of walk(client, pit, { query, sort }, signal)) {
      const added = signedBy(key, source);
      if (added?.leaves.from !== grown.to) continue;
      tree ??= added.before;
      grown.appendRange(added.leaves);
      if (grown.to === to) return { tree, grown };
    }
  } finally {
    await pit.close();
  }
  return undefined;
}

/** What a record adds, if its checkpoint is of that tree and signed by the log's key. */
function signedBy(key: VerifierKey, source: Buffer): Added | undefined {
  try {
    const added = addedOf(source);
    const { origin, size, root } = openCheckpoint(added.checkpoint, key);
    const isIt = origin === key.name && size === added.tree.to && root.equals(rootOf(added.tree));
    return isIt ? added : undefined;
  } catch (error) {
    if (error instanceof SealError || error instanceof WitnessError) return undefined;
    throw error;
  }
}
