import type { RefusedForm, EpochReason, EpochStart, PossibleCopies } from '../seal/index.ts';

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

/** What is counted over all lives of a source, by rule or reason where `label` is one. */
export interface TallyRow {
  kind: 'readBytes' | 'malformed' | 'dropped' | 'reduced' | 'redacted' | 'gaps' | 'clockSteps' | 'copies';
  label: string;
  value: number;
}

/** How it stands with a source over all its lives; always read + pieces = dropped + sealedEvents. */
export interface Totals {
  read: number;
  pieces: number;
  sealedEvents: number;
  sealedBatches: number;
  refused: number;
  tallies: TallyRow[];
  epochs: { reason: EpochReason; count: number }[];
  /** Stored batches that are not acknowledged, oldest first. */
  waiting: { events: number; bytes: number; oldest: string | null }[];
  /** As it was given with the last transaction. */
  observed: string | null;
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

export interface NewEpoch extends EpochStart {
  source: string;
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
  /** The newest and the oldest event's time, for lag. */
  newest: string | null;
  oldest: string | null;
  /** JSON of when its events happened, for the latency to the acknowledgement. */
  moments: string;
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
  announced: { origin: string; index: number }[];
  /** Possible copies that it gives notice of. */
  announcedCopies: CopiesRow[];
  /** The epoch ends with this batch. */
  closes: boolean;
  /** What its manifest says of lines; summed up for `status`. */
  read: number;
  pieces: number;
  dropped: number;
  gaps: number;
  tallies: TallyRow[];
}

/** What a transaction came to. */
export interface Committed {
  /** Given to its batches, in order. */
  sequences: number[];
  /** Of the file, free to be written again. */
  reusableBytes: number;
}

/** What an endpoint is to be told: a row of the outbox. */
export interface NotificationRow {
  /** The endpoint's name in the configuration. */
  endpoint: string;
  /** Tells it from all others of the endpoint. */
  key: string;
  body: string;
}

export interface Refusal {
  origin: string;
  index: number;
  /** What is left out of what is sent: refused in `bodies`, an event is refused again, in `event`. */
  form: RefusedForm;
  status: number;
  type: string;
  message: string;
  at: string;
}

/** Indexes of an epoch whose documents may exist more than once; the next manifest of the source gives notice of them. */
export interface CopiesRow extends PossibleCopies {
  source: string;
}

/** The write indices that Elasticsearch named last, when no batch that is stored now had been sent yet; null if none was. */
export interface SeenRow {
  source: string;
  events: string | null;
  records: string | null;
}

/** How far one witness has followed one log, JSON of agent/witness/line.ts. */
export interface CosigningRow {
  source: string;
  origin: string;
  /** vkey. */
  witness: string;
  state: string | null;
}

/** One durable transaction: whole batches of any sources, and what happened since the last. Applied in member order. */
export interface Transaction {
  epochs: NewEpoch[];
  batches: BatchRow[];
  refusals: Refusal[];
  /** Sequence numbers of batches that Elasticsearch has whole, record included. */
  acknowledged: number[];
  starts: { source: string; counter: number; state: StartState }[];
  copies: CopiesRow[];
  seen: SeenRow[];
  /** To be told, durable with the batch that they are of; of what is there already nothing changes. */
  notifications?: NotificationRow[];
  /** Rows of the outbox that need not be told any more. */
  notified?: Pick<NotificationRow, 'endpoint' | 'key'>[];
  /** How far witnesses have followed logs; a later one replaces it, and null takes it away. */
  cosigning?: CosigningRow[];
  /** JSON of what an operator should know of a source; a later one replaces it. */
  observations?: { source: string; text: string }[];
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
  moments: string;
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
  /** What no manifest has announced yet. */
  unannounced: Refusal[];
  unannouncedCopies: CopiesRow[];
  /** Up to which batch an earlier process may have sent, and what it is known to have seen; batches to come are above. */
  earlier: { seq: number; seen: SeenRow };
  totals: Totals;
  cosigning: CosigningRow[];
}

export interface Statistics {
  batches: number;
  bytes: number;
  sources: { source: string; batches: number; events: number; bytes: number; newest: string | null }[];
}
