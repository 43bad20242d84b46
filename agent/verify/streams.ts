/** A document as Elasticsearch holds it. `source` is lent: it is valid until the next document is asked for. */
export interface StoredDocument {
  /** The backing index. */
  index: string;
  id: string;
  /** The bytes of `_source`, as they are, from the first to the last: without white space around. */
  source: Buffer;
}

export type Stream = 'records' | 'events';

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
  records(): AsyncIterable<StoredDocument>;
  /** Once the records were read: why not all that is there was given, in a sentence. Then nothing is verified. A dump leaves it out. */
  readonly unread?: string | undefined;
  /** All documents of the events stream by origin, sequence, shard position; asked for once, after the records. */
  events(logs: readonly LogExtent[]): AsyncIterable<StoredDocument>;
  /** Every document of a stream with one of these ids, in any backing index, as of now; at most `findIdsMax` ids. */
  find(stream: Stream, ids: readonly string[]): AsyncIterable<StoredDocument>;
  /**
   * The greatest batch number that the record stream has for a log as of now, later than the events were read; a reader of
   * what does not change (a dump) has none to add and leaves it out.
   */
  newestBatch?(origin: string): Promise<number | undefined>;
  /**
   * For a log that the record stream had nothing of when it was first read, forged or not: the greatest batch number that it
   * has by now, -1 if it has only begun. Undefined for any other log. A dump leaves it out.
   */
  newestOfBegun?(origin: string): Promise<number | undefined>;
}

export const findIdsMax = 500;
