import type { TrustFile } from '../trust/index.ts';
import type { KeptOptions } from './records/kept-roots.ts';
import type { Manifest } from '../seal/index.ts';
import type { BatchRange } from './records/log.ts';
import type { ReadPart } from './read-part.ts';

/** A part of the time that the logs span. */
export interface VerifyRange {
  /** Undefined: from the beginning. */
  since: Date | undefined;
  /** The batch numbers that it takes, by origin; other logs are only looked at for their keys and their end. */
  batches: ReadonlyMap<string, BatchRange>;
  until: Date;
}

export interface VerifyOptions {
  now: Date;
  trust?: TrustFile | undefined;
  range?: VerifyRange | undefined;
  /** A log that begins within the range is no finding: it is judged from there on. */
  fromBirth?: boolean | undefined;
  /** Fewer events as sealed than this are too few to say anything: heartbeats alone would verify, too. */
  eventsMin?: number | undefined;
  /** Groups of logs whose events are read beside one another, where the streams can; default 1. */
  parallel?: number | undefined;
  /** Parts that an interrupted run has read, which are not read again where they are still the same. */
  readBefore?: readonly ReadPart[] | undefined;
  /** Called after some documents with all that was read without fault so far, before and now. */
  onRead?: ((parts: readonly ReadPart[]) => void) | undefined;
  /** What others have kept of the logs, to compare them with. */
  kept?: KeptOptions | undefined;
  /** Called before the first finding is given, if there are logs and the trust file names none of them. */
  onTrustNamesNone?: (() => void) | undefined;
  /** Called for each valid batch that the range touches, when its record is read, in the order of logs and batches. */
  onBatch?: ((manifest: Manifest) => void) | undefined;
  /** Called again and again while documents of either stream are read. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** What was read so far. */
export interface Progress {
  records: number;
  /** Documents of the record stream that are none: markers, notes, statements, and what has such an `_id`. */
  notes: number;
  /** Documents of the events stream. */
  documents: number;
}
