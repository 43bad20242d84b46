/**
 * Consecutive batches of a log whose events were read: each was there once, and was what was sealed. Whoever goes on with an
 * interrupted run need not read them again.
 */
export interface ReadPart {
  origin: string;
  /** Numbers of the batches. */
  firstBatch: number;
  lastBatch: number;
  /** Leaf indexes, those of manifests among them; `to` is exclusive. */
  from: number;
  to: number;
  /** Hex root of the tree after the last batch: it stands for every leaf before it (RFC 6962). */
  root: string;
  /** Documents of the events stream, and those of them in refused form. */
  events: number;
  refused: number;
  /** RFC 3339: between which times they were read. */
  readFrom: string;
  readTo: string;
}
