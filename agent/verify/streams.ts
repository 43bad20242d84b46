import type { ReadPart } from './read-part.ts';

/** A document as Elasticsearch holds it. `source` is lent: it is valid until the next document is asked for. */
export interface StoredDocument {
  /** The backing index. */
  index: string;
  id: string;
  /** The bytes of `_source`, as they are, from the first to the last: without white space around. */
  source: Buffer;
}

export type Stream = 'records' | 'events';

/** Documents in order, some at a time. Each is lent until the next is taken, and all are taken before the next ones are asked for. */
export type Documents = AsyncIterable<Iterable<StoredDocument>>;

/** Where the documents of a known log are expected; a hint that lets a reader ask for them in an order that costs little. */
export interface LogExtent {
  origin: string;
  /** Leaf indexes: from the first covered one to the newest record's size. */
  from: number;
  to: number;
}

/** What the judgement is given. Every reading throws what it cannot read; nothing is ever skipped in silence. */
export interface Streams {
  /** Namespace of both data streams. */
  namespace: string;
  /** All documents of the record stream by origin, batch, shard position; asked for two or three times, the same each time. */
  records(): Documents;
  /** Once the records were read: why not all that is there was given, in a sentence. Then nothing is verified. A dump leaves it out. */
  readonly unread?: string | undefined;
  /** All documents of the events stream by origin, sequence, shard position; asked for once, after the records. */
  events(logs: readonly LogExtent[]): Documents;
  /**
   * The same in parts, to be read beside one another: the documents under the origins of each group, and with the last group those
   * under no origin of any. Asked for in place of {@link events}. A reader of one thing at a time leaves it out.
   */
  eventParts?(groups: readonly (readonly LogExtent[])[]): Promise<Documents[]>;
  /**
   * Those of the parts, which were read before, that have as many documents now, counted by origin and sequence. The readings of the
   * events that follow leave these documents out, and no others. Asked for once, before the events. A reader that leaves it out reads everything.
   */
  leaveOut?(parts: readonly ReadPart[]): Promise<ReadPart[]>;
  /** Every document of the events stream with one of these ids, in any backing index, as of now; at most `findIdsMax` ids. */
  find(ids: readonly string[]): AsyncIterable<StoredDocument>;
  /**
   * What the record stream has of a log by now, a refresh after the events were opened, forged or not: the greatest batch number
   * first, start markers last, some of it. A reader of what does not change (a dump) has none to add and leaves it out.
   */
  newestRecords?(origin: string): AsyncIterable<StoredDocument>;
  /** Whether the record stream had nothing of a log, forged or not, when it was first read. A dump leaves it out. */
  hadNothingOf?(origin: string): boolean;
  /** Of a time range: records, forged or not, that say that they hold a leaf index outside of what was read; some of them. */
  recordsHolding?(origin: string, index: number): AsyncIterable<StoredDocument>;
}

export const findIdsMax = 500;
