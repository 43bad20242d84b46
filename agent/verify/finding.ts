import { sha256 } from '../seal/index.ts';

/** The words of docs/seal-format.md §8, by what they do to the verdict (§8.5). */
export const tampered = [
  'changed',
  'missing',
  'inserted',
  'fork',
  'bad signature',
  'changed record',
  'missing record',
  'broken chain',
  'epoch missing',
  'log missing',
] as const;

export const notProvenComplete = [
  'gap',
  'incoherent',
  'begins late',
  'clock back',
  'ends early',
  'silent',
  'sealed in the future',
  'not yet recorded',
  'unlinked epoch',
  'unknown log',
  'unproven',
  'not erased',
] as const;

export type FindingKind = (typeof tampered)[number] | (typeof notProvenComplete)[number];

export const findingKinds: readonly FindingKind[] = [...tampered, ...notProvenComplete];

/** One thing that is wrong, named so that an auditor can go and look at it. */
export interface Finding {
  finding: FindingKind;
  /** The log; of `log missing` its `<cluster>/<node>/<source>`. */
  origin?: string;
  /** Leaf index of an event, or the first of a run of them. */
  index?: number;
  batch?: number;
  /** Of a run of records that are missing, its last number. */
  lastBatch?: number;
  /** `_id` of the document in question, or the `event.id` of one that is not there. */
  id?: string;
  detail?: string;
  /**
   * Hex SHA-256 (RFC 6962 leaf hash) of the document's bytes, of a document that should not be there or is not what was sealed; of
   * several in the place of one event, the SHA-256 of their leaf hashes in order of value; of the events of missing records, one of all.
   */
  hash?: string;
  /** Of what is `changed`, the `_id`s of the first few documents that claim its place; those of the first findings only. */
  claimants?: readonly string[];
  /** When the batch was sealed; of an unlinked epoch that has a key, its first one. RFC 3339. */
  sealedAt?: string;
  /** An operator has signed that this is known: it is reported, and changes no verdict. */
  excuse?: Excuse;
}

/** By which signed statement (docs/seal-format.md §6). */
export interface Excuse {
  by: 'acknowledged' | 'retired';
  /** Name of the operator's key. */
  operator: string;
  /** When it was signed, by its own word. */
  at: string;
  why: string;
  /** `_id` of the statement. */
  id: string;
}

export type Emit = (finding: Finding) => void;

/**
 * What tells a finding from every other, also in a later verification: hex, of its kind, its log, its place and the hash of the
 * document (docs/seal-format.md §8.5). The words that describe it are no part of it.
 */
export function identityOf({ finding, origin, index, batch, lastBatch, id, hash }: Finding): string {
  const place = index === undefined ? { batch, lastBatch } : { index };
  return sha256(JSON.stringify([finding, origin, place, id, hash])).toString('hex', 0, 16);
}
