import { eventDocumentId, importKey, leafHash, logIdOf, recordDocumentId, SealError, signNote, Tree } from '../../../agent/seal/index.ts';
import type { SigningKey } from '../../../agent/seal/index.ts';
import type { StoredDocument } from '../../../agent/verify/index.ts';
import { privateKeyOf } from '../../kit/seal/log.ts';
import type { Written } from '../../kit/seal/log.ts';

/** What an attacker who writes to Elasticsearch but has no key of the log does about the signature. */
export const signings = ['own key', 'own key, old vkey', 'old signature'] as const;

/** A thief of the log's key can do more, and two verifiers must agree on that too. */
export type Signing = (typeof signings)[number] | 'stolen key';

/** A record's parts, as far as they can be read. */
export interface Parts {
  document: StoredDocument;
  origin: string;
  batch: number;
  manifest: string;
  checkpoint: string;
  vkey: string;
  leaves: Buffer[];
  frontier: Buffer;
  /** The members of `auditseal`, and those beside it. */
  old: Record<string, unknown>;
}

export function partsOf(document: StoredDocument): Parts | undefined {
  const value = parse(document.source.toString());
  const old = isObject(value) ? value['auditseal'] : undefined;
  if (!isObject(old)) return undefined;
  const { origin, batch, manifest, checkpoint, vkey, leaf_hashes: leaves, frontier } = old;
  if (typeof manifest !== 'string' || typeof checkpoint !== 'string' || typeof vkey !== 'string')
    return undefined;
  if (typeof leaves !== 'string' || typeof frontier !== 'string') return undefined;
  if (typeof origin !== 'string' || typeof batch !== 'number') return undefined;
  const hashes = Buffer.from(leaves, 'base64');
  const parts = { document, origin, batch, manifest, checkpoint, vkey, old };
  return {
    ...parts,
    leaves: Array.from({ length: hashes.length / 32 }, (_, i) => hashes.subarray(32 * i, 32 * i + 32)),
    frontier: Buffer.from(frontier, 'base64'),
  };
}

/** The attacker's own key for an origin. */
export function attackersKey(origin: string): SigningKey {
  return importKey(origin, privateKeyOf(`attacker ${origin}`));
}

export interface Rehash {
  origin: string;
  /** From this batch on. */
  from: number;
  /** Only that one, or all after it too. */
  extent: 'batch' | 'to the end';
  signing: Signing;
}

/**
 * Hashes, chains, signs and names everything anew that the documents and manifests of a log now give, as far as one can
 * without its key. False where its records are too broken for that.
 */
export function rehash(written: Written, { origin, from, extent, signing }: Rehash): boolean {
  const chain = written.records
    .flatMap((document) => partsOf(document) ?? [])
    .filter((parts) => parts.origin === origin && parts.batch >= from)
    .toSorted((a, b) => a.batch - b.batch)
    .slice(0, extent === 'batch' ? 1 : undefined);
  const first = chain[0] && (numberOf(parse(chain[0].manifest), 'first') ?? numberOf(chain[0].old, 'first'));
  if (first === undefined) return false;
  const key = signing === 'stolen key' ? importKey(origin, privateKeyOf(origin)) : attackersKey(origin);
  try {
    const tree = Tree.fromFrontier(first, chain[0]!.frontier);
    for (const parts of chain) rehashOne(written, parts, tree, key, signing);
    return true;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}

function rehashOne(written: Written, parts: Parts, tree: Tree, key: SigningKey, signing: Signing): void {
  const frontier = tree.frontier();
  const vkey = signing === 'own key' ? key.verifier.text : parts.vkey;
  const [oldId, newId] = [logIdOf(parts.vkey), logIdOf(vkey)];
  const start = tree.size;
  const leaves = parts.leaves.map((old, i) => {
    const leaf = rehashEvent(written, oldId, newId, start + i, old);
    tree.append(leaf);
    return leaf;
  });
  tree.append(leafHash(Buffer.from(parts.manifest)));
  const text = `${parts.origin}\n${tree.size}\n${tree.root().toString('base64')}\n`;
  const signatures = parts.checkpoint.slice(parts.checkpoint.lastIndexOf('\n\n') + 2);
  const checkpoint = signing === 'old signature' ? `${text}\n${signatures}` : signNote(text, key);
  const { document } = parts;
  document.source = rebuilt(
    parts,
    { checkpoint, vkey, leaves: Buffer.concat(leaves), frontier },
    tree.size,
    written.namespace,
  );
  document.id = recordDocumentId(newId, numberOf(parse(parts.manifest), 'batch') ?? parts.batch, tree.root());
}

/** The leaf hash of what is now at an index, whose document gets the `_id` that goes with it. */
function rehashEvent(written: Written, oldId: string, newId: string, index: number, old: Buffer): Buffer {
  const prefix = `-${String(index).padStart(12, '0')}-`;
  const document = written.events.find(({ id }) => id.startsWith(oldId + prefix));
  if (!document) return old;
  const leaf = document.source.includes(',"auditseal.refused":"') ? old : leafHash(document.source);
  document.id = eventDocumentId(newId, index, leaf);
  return leaf;
}

/** The record's bytes in the format's form, its head from the manifest where that says something. */
export function rebuilt(
  { origin, batch, manifest, old }: Parts,
  parts: { checkpoint: string; vkey: string; leaves: Buffer; frontier: Buffer },
  size: number,
  namespace: string,
): Buffer {
  const parsed = parse(manifest);
  const m = isObject(parsed) ? parsed : {};
  const dropped = isObject(m['dropped'])
    ? Object.values(m['dropped']).reduce((a: number, b) => a + Number(b), 0)
    : 0;
  const droppedBy = isObject(m['dropped'])
    ? Object.entries(m['dropped'])
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, count]) => `${JSON.stringify(name)}:${Number(count)}`)
    : [];
  const gaps = Array.isArray(m['gaps']) ? m['gaps'].length : 0;
  const whole = Number.isSafeInteger(size) ? size : 0;
  return Buffer.from(
    `{"@timestamp":${json(m['sealedAt'], '')},"data_stream":{"type":"logs","dataset":"auditseal.batch","namespace":${json(namespace, '')}},` +
      `"auditseal":{"v":1,"origin":${json(m['origin'], origin)},"batch":${json(m['batch'], batch)},"size":${whole},"first":${json(m['first'], old['first'])},` +
      `"count":${json(m['count'], old['count'])},"read":${json(m['read'], old['read'])},"dropped":${dropped},"dropped_by":{${droppedBy.join(',')}},"gaps":${gaps},"manifest":${json(manifest, '')},` +
      `"checkpoint":${json(parts.checkpoint, '')},"vkey":${json(parts.vkey, '')},"leaf_hashes":"${parts.leaves.toString('base64')}","frontier":"${parts.frontier.toString('base64')}"}}`,
  );
}

function json(value: unknown, otherwise: unknown): string {
  return JSON.stringify(value ?? otherwise ?? null);
}

function numberOf(value: unknown, name: string): number | undefined {
  const found = isObject(value) ? value[name] : undefined;
  return typeof found === 'number' ? found : undefined;
}

/** Members of a record, replaced where they are. */
export function replaceIn(parts: Parts, members: Record<string, string>): void {
  const value = parse(parts.document.source.toString()) as { auditseal: object };
  parts.document.source = Buffer.from(
    JSON.stringify({ ...value, auditseal: { ...value.auditseal, ...members } }),
  );
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
