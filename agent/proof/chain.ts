import { leafHash, logIdOf, logName } from '../seal/index.ts';
import type { VerifierKey } from '../seal/index.ts';
import type { TrustFile } from '../trust/index.ts';
import { judgeRecord } from '../verify/index.ts';
import type { BatchRecord, Lookup } from '../verify/index.ts';
import { ProofError } from './error.ts';
import { prove } from './prove.ts';
import type { ProvenLeaf } from './prove.ts';

/** How the key of a log follows from one that somebody trusts. */
export interface Chain {
  /** vkey that it begins with: of the trust file, or, without one, the log's own. */
  start: string;
  /** For each change of keys from there on the manifest that names the next key. */
  links: ProvenLeaf[];
}

/** An epoch lasts 30 days. */
const epochsMax = 200;

type Records = Pick<Lookup, 'namespace' | 'newest' | 'nextOrigin'>;

/**
 * The chain that ends with a log's key, back from there: the last batch of each epoch names the next key. Throws ProofError
 * `untrusted` where it does not reach the trust file, and ElasticsearchError.
 */
export async function chainOf(
  key: VerifierKey,
  trust: TrustFile | undefined,
  records: Records,
): Promise<Chain> {
  const trusted = new Set(trust?.logs.map(({ vkey }) => vkey));
  if (!trust || trusted.has(key.text)) return { start: key.text, links: [] };
  const epochs = await epochsOf(logName(key.name), records);
  const links: ProvenLeaf[] = [];
  let wanted = key;
  for (;;) {
    const record = await recordNaming(wanted, epochs, records);
    if (!record) throw untrusted(key, wanted);
    links.unshift(manifestOf(record));
    if (trusted.has(record.key.text)) return { start: record.key.text, links };
    wanted = record.key;
  }
}

/** The manifest of a batch as the leaf that it is. */
export function manifestOf(record: BatchRecord): ProvenLeaf {
  const entry = Buffer.from(record.parts.manifestText);
  return prove(record, [{ index: record.size - 1, entry, leaf: leafHash(entry) }])[0]!;
}

/** The origins of all epochs, the newest first. */
async function epochsOf(name: string, records: Records): Promise<string[]> {
  const epochs: string[] = [];
  let after = `${name}/`;
  while (epochs.length < epochsMax) {
    const next = await records.nextOrigin(after);
    if (next === undefined || next <= after || !next.startsWith(`${name}/`)) break;
    epochs.unshift(next);
    after = next;
  }
  return epochs;
}

/** A record of an earlier epoch that holds under its own key and names this one. Somebody may have forged others. */
async function recordNaming(
  { text, name }: VerifierKey,
  epochs: readonly string[],
  records: Records,
): Promise<BatchRecord | undefined> {
  for (const origin of epochs) {
    if (origin >= name) continue;
    for await (const document of records.newest(origin)) {
      const { record } = judgeRecord(document, records.namespace);
      const isNamed = record?.manifest.notices.some(
        ({ kind, ...rest }) => kind === 'next' && 'vkey' in rest && rest.vkey === text,
      );
      if (record && isNamed && logName(record.manifest.origin) === logName(name)) return record;
    }
  }
  return undefined;
}

function untrusted(key: VerifierKey, first: VerifierKey): ProofError {
  const whence = first.text === key.text ? 'it' : `${first.text}, from which it follows,`;
  return new ProofError(
    'untrusted',
    `the key of ${key.name} (log id ${logIdOf(key.text)}) does not follow from the trust file: ${whence} is not listed there, and no earlier epoch names it`,
  );
}
