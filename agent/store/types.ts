import type { EpochReason } from '../seal/index.ts';

/** Of a start marker. `attempted`: about to be sent or sent, no answer seen. `answered`: Elasticsearch has it. */
export type StartState = 'attempted' | 'answered';

export interface SourceRow {
  name: string;
  /** 32 random bytes: the key of every mac. */
  secret: Uint8Array;
  /** The reader's committed state, JSON; null before the first commit. */
  tail: string | null;
  /** Hashes of the policy and configuration that the newest batch was sealed under. */
  policy: string | null;
  config: string | null;
  startCounter: number;
  startState: StartState;
}

export interface EpochRow {
  id: number;
  origin: string;
  vkey: string;
  /** PKCS #8; null once erased. */
  privateKey: Uint8Array | null;
  reason: EpochReason;
  previous: string | null;
  madeAt: string;
  nextBatch: number;
  size: number;
  frontier: Uint8Array;
  checkpoint: string | null;
  sealedAt: string | null;
}

export interface NewEpoch {
  source: string;
  origin: string;
  vkey: string;
  privateKey: Uint8Array;
  reason: EpochReason;
  previous: string | null;
  madeAt: string;
}

/** A gzip member of the bulk body: action and document lines of consecutive entries. */
export interface Member {
  first: number;
  count: number;
  /** Uncompressed. */
  bytes: number;
  body: Uint8Array;
}

/** What one batch changes, all of it or nothing. */
export interface BatchRow {
  source: string;
  origin: string;
  number: number;
  first: number;
  count: number;
  /** The newest event's time, for lag. */
  newest: string | null;
  members: Member[];
  /** Gzip bulk body of the batch record. */
  record: Uint8Array;
  tail: string;
  policy: string;
  config: string;
  /** The tree after this batch. */
  size: number;
  frontier: Uint8Array;
  checkpoint: string;
  sealedAt: string;
  /** Refusals that this batch's manifest gives notice of. */
  noticed: { origin: string; index: number }[];
  /** The epoch ends with this batch. */
  closes: boolean;
  /** What its manifest says of lines; summed up for `status`. */
  read: number;
  pieces: number;
  dropped: number;
  gaps: number;
}

export interface Refusal {
  origin: string;
  index: number;
  status: number;
  type: string;
  message: string;
  at: string;
}

/** One durable transaction: whole batches of any sources, and what happened since the last. Applied in member order. */
export interface Transaction {
  epochs: NewEpoch[];
  batches: BatchRow[];
  refusals: Refusal[];
  /** Sequence numbers of batches that Elasticsearch has whole, record included. */
  acknowledged: number[];
  starts: { source: string; counter: number; state: StartState }[];
}

/** A stored batch with what shipping it needs. */
export interface StoredBatch {
  seq: number;
  origin: string;
  vkey: string;
  privateKey: Uint8Array;
  number: number;
  first: number;
  count: number;
  /** Sealed since a start whose marker was not answered: not to be shipped before it is. */
  held: boolean;
  newest: string | null;
  record: Uint8Array;
  members: Member[];
  refusals: Refusal[];
}

export interface Loaded {
  source: SourceRow;
  /** The epoch to continue, if its state is whole. */
  epoch: EpochRow | undefined;
  /** The newest epoch's name, also of one that has ended: no name is used twice. */
  newestOrigin: string | undefined;
  unnoticed: Refusal[];
}

export interface Statistics {
  batches: number;
  bytes: number;
  sources: { source: string; batches: number; events: number; bytes: number; newest: string | null }[];
}
