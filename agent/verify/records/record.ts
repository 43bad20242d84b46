import { isUtf8 } from 'node:buffer';
import { parseDocument } from '../parse-document.ts';
import {
  hashBytes,
  leafHash,
  logIdOf,
  openNote,
  parseBase64,
  parseCheckpoint,
  parseVerifierKey,
  recordBytes,
  recordDocumentId,
  SealError,
  Tree,
} from '../../seal/index.ts';
import type { Manifest, RecordParts, VerifierKey } from '../../seal/index.ts';
import { recordClaim } from './claim.ts';
import type { RecordClaim } from './claim.ts';
import { parseManifest } from './manifest.ts';
import type { StoredDocument } from '../streams.ts';

/** A record that holds under the key that it carries. Whether that is the log's key is for {@link KeyRing} to say. */
export interface BatchRecord {
  manifest: Manifest;
  key: VerifierKey;
  /** Tree size and root after the batch. */
  size: number;
  root: Buffer;
  /** Root of the tree that the frontier describes: the one before the batch. */
  rootBefore: Buffer;
  leafHashes: Buffer;
  /** What it was rebuilt from. */
  parts: RecordParts;
}

/** Which of the three checks of docs/seal-format.md §8.2 fails first. */
export type Failure = 'form' | 'signature' | 'content';

export interface JudgedRecord {
  id: string;
  /** The (log, batch) that its bytes claim. */
  claim: RecordClaim | undefined;
  vkey: string | undefined;
  record?: BatchRecord | undefined;
  failure?: Failure;
  /** Hex leaf hash of its bytes, unless these are what was sealed. */
  hash?: string;
  detail: string;
  /** Whether it is its rebuilt form as bytes, or at least as a value: then it was judged on by that. */
  survived: 'bytes' | 'value' | 'no';
}

/** Judges one record on its own, under the vkey that it carries. */
export function judgeRecord(document: StoredDocument, namespace: string): JudgedRecord {
  const judged = judge(document, namespace);
  if (judged.failure === undefined && judged.survived === 'bytes') return judged;
  return { ...judged, hash: leafHash(document.source).toString('hex') };
}

function judge(document: StoredDocument, namespace: string): JudgedRecord {
  const { id, source } = document;
  const value = parseDocument(source);
  const claim = recordClaim(value);
  const parts = recordParts(value, namespace);
  if (typeof parts === 'string')
    return { id, claim, vkey: undefined, failure: 'form', detail: parts, survived: 'no' };
  const judged = { id, claim, vkey: parts.vkey };
  const survived = survivedAs(recordBytes(parts), source, value);
  if (survived === 'no')
    return { ...judged, failure: 'form', detail: 'its bytes are not those that its parts give', survived };
  const signed = verifySignature(parts);
  if (typeof signed === 'string') return { ...judged, failure: 'signature', detail: signed, survived };
  const record = rebuildTree(parts, signed.text, signed.key, id);
  if (typeof record === 'string') return { ...judged, failure: 'content', detail: record, survived };
  return { ...judged, record, detail: '', survived };
}

function survivedAs(rebuilt: Buffer, source: Buffer, value: unknown): JudgedRecord['survived'] {
  if (rebuilt.equals(source)) return 'bytes';
  return isUtf8(source) && isSameValue(value, parseDocument(rebuilt)) ? 'value' : 'no';
}

/** Of JSON values: objects with the same members, strings of the same characters, numbers that are the same double. */
function isSameValue(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return a === b;
  const names = Object.keys(b);
  return (
    Object.keys(a).length === names.length &&
    names.every((name) => Object.hasOwn(a, name) && isSameValue(a[name], b[name]))
  );
}

/** A record has no arrays. */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The parts of the record, or what it lacks. Members beside them show when the rebuilt bytes are compared. */
function recordParts(value: unknown, namespace: string): RecordParts | string {
  const members = (value as { auditseal?: unknown } | undefined)?.auditseal;
  if (typeof members !== 'object' || members === null) return 'it is not JSON with the members of a record';
  const {
    manifest: manifestText,
    checkpoint,
    vkey,
    leaf_hashes: leafText,
    frontier: frontierText,
  } = members as Record<string, unknown>;
  const leafHashes = parseBase64(leafText);
  const frontier = parseBase64(frontierText);
  if (!leafHashes || !frontier) return 'its hashes are not canonical base64';
  if (typeof manifestText !== 'string' || typeof checkpoint !== 'string' || typeof vkey !== 'string')
    return 'it lacks manifest, checkpoint or vkey';
  const manifest = parseManifest(manifestText);
  if (!manifest) return 'its manifest is not one of version 1';
  return { namespace, manifest, manifestText, checkpoint, vkey, leafHashes, frontier };
}

function verifySignature(parts: RecordParts): { key: VerifierKey; text: string } | string {
  try {
    const key = parseVerifierKey(parts.vkey);
    if (key.name !== parts.manifest.origin)
      return `its key is that of ${key.name}, its log is ${parts.manifest.origin}`;
    return { key, text: openNote(parts.checkpoint, key) };
  } catch (error) {
    if (error instanceof SealError) return error.message;
    throw error;
  }
}

function rebuildTree(parts: RecordParts, text: string, key: VerifierKey, id: string): BatchRecord | string {
  try {
    const { manifest, leafHashes } = parts;
    const checkpoint = parseCheckpoint(text);
    const size = manifest.first + manifest.count + 1;
    if (checkpoint.origin !== manifest.origin || checkpoint.size !== size)
      return 'its checkpoint is not of the log and size that its manifest says';
    if (leafHashes.length !== manifest.count * hashBytes)
      return `it has ${leafHashes.length / hashBytes} leaf hashes for ${manifest.count} events`;
    const tree = Tree.fromFrontier(manifest.first, parts.frontier);
    const rootBefore = tree.root();
    for (let at = 0; at < leafHashes.length; at += hashBytes)
      tree.append(leafHashes.subarray(at, at + hashBytes));
    tree.append(leafHash(Buffer.from(parts.manifestText)));
    const root = tree.root();
    if (!root.equals(checkpoint.root)) return 'its hashes do not give the signed root';
    if (id !== recordDocumentId(logIdOf(parts.vkey), manifest.batch, root))
      return 'its _id is not the one of its batch and root';
    return { manifest, key, size, root, rootBefore, leafHashes, parts };
  } catch (error) {
    if (error instanceof SealError) return error.message;
    throw error;
  }
}
