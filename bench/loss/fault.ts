/** What the sink does wrong, until it is told otherwise. */
export type Fault =
  | { kind: 'none' }
  /** Every bulk request: 503. */
  | { kind: 'unavailable' }
  /** Every bulk request: the connection is reset; of the first two, after they were carried out. */
  | { kind: 'reset' }
  /** This share of the bulk requests: 429. */
  | { kind: 'busy'; share: number }
  /** This share of the documents: 429 in an answer of 200. */
  | { kind: 'busy items'; share: number };

/** How often it did. */
export interface FaultCounts {
  unavailable: number;
  reset: number;
  busy: number;
  'busy items': number;
}
