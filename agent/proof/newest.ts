import { judgeRecord, originsMax } from '../verify/index.ts';
import type { Lookup } from '../verify/index.ts';
import { ProofError } from './error.ts';

/**
 * The checkpoint of the newest record of each log that holds under its own key; whose key that is, is for `verify` to say. Throws
 * ProofError `not-there` where there is none, and ElasticsearchError.
 */
export async function newestCheckpoints(
  records: Pick<Lookup, 'namespace' | 'newest' | 'nextOrigin'>,
): Promise<string[]> {
  const notes: string[] = [];
  let after = '';
  for (let looked = 0; looked < originsMax; looked += 1) {
    const origin = await records.nextOrigin(after);
    if (origin === undefined || origin <= after) break;
    after = origin;
    for await (const document of records.newest(origin)) {
      const { record } = judgeRecord(document, records.namespace);
      if (record?.manifest.origin !== origin) continue;
      notes.push(record.parts.checkpoint);
      break;
    }
  }
  if (notes.length === 0)
    throw new ProofError('not-there', `namespace ${records.namespace} has no record that holds`);
  return notes;
}
