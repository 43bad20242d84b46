/** What a batch says of itself; the member order is the signed order (docs/seal-format.md §2). */
export interface Manifest {
  v: 1;
  origin: string;
  batch: number;
  first: number;
  count: number;
  /** RFC 3339, UTC, milliseconds; so are all times below but `earliest`, `latest`, `from` and `to`, which repeat the events' own. */
  sealedAt: string;
  earliest?: string;
  latest?: string;
  heartbeatSeconds: number;
  retentionDays: number;
  sources: Stretch[];
  gaps: Gap[];
  read: number;
  pieces: number;
  /** Lines that were parts of one entry, beyond the first of each. */
  joined: number;
  malformed: number;
  dropped: Record<string, number>;
  reduced: Record<string, number>;
  redacted: Record<string, number>;
  /** `sha256:<hex>` of the policy's text. */
  policy: string;
  /** `sha256:<hex>` of the effective configuration's text, secrets removed. */
  config: string;
  agent: { name: string; version: string };
  notices: Notice[];
}

export interface Position {
  path: string;
  file: string;
  offset: number;
}

/** A contiguous range of one file, offsets in uncompressed bytes. */
export interface Stretch {
  path: string;
  file: string;
  start: number;
  end: number;
  lines: number;
  /** Base64 HMAC-SHA-256(batch key, SHA-256(the raw bytes)). */
  mac: string;
  after?: string;
  ended?: true;
}

export interface Gap {
  reason: string;
  before?: Position;
  after?: Position;
  from?: string;
  to?: string;
  bytesMin?: number;
}

export type EpochReason = 'first' | 'age' | 'state lost' | 'rolled back';

export type Notice =
  | { kind: 'start'; at: string }
  | { kind: 'stop'; at: string }
  | { kind: 'paused'; at: string; reason: 'spool' | 'disk' }
  | { kind: 'epoch'; at: string; reason: EpochReason; previous?: string }
  | { kind: 'next'; at: string; vkey: string }
  /** `before` is the digest of the policy in force until then; absent where there was none. */
  | { kind: 'policy'; at: string; text: string; before?: string }
  /** A changed policy that could not be used: the one in force, `before`, stays. `refused` is its digest, where it could be read. */
  | { kind: 'policy'; at: string; before: string; problem: string; refused?: string }
  | { kind: 'config'; at: string; text: string }
  | { kind: 'refused'; at: string; index: number; status: number; type: string }
  | { kind: 'copies'; at: string; first: number; last: number; origin?: string }
  | { kind: 'clock'; at: string; seconds: number }
  /** What decides what gets logged is otherwise than it was, or than it should be. `changes` are sentences. */
  | {
      kind: 'drift';
      at: string;
      check: string;
      state: 'ok' | 'warning' | 'problem' | 'unchecked';
      found: string;
      expected: string;
      changes?: string[];
    }
  | { kind: 'detect'; at: string; rules: string }
  | { kind: 'detect'; at: string; rule: string; state: 'errors' }
  | { kind: 'detect'; at: string; rule: string; state: 'off'; until: string }
  /** An endpoint that is told nothing any more (`why` is one line), is tried again, or of which alerts were dropped. */
  | { kind: 'notify'; at: string; endpoint: string; state: 'off'; why: string }
  | { kind: 'notify'; at: string; endpoint: string; state: 'on' }
  | { kind: 'notify'; at: string; endpoint: string; state: 'dropped'; count: number };

/** The manifest's entry: one line of JSON, without a newline. */
export function manifestBytes(manifest: Manifest): Buffer {
  return Buffer.from(JSON.stringify(manifest, wellFormed));
}

/** Lone surrogates have no UTF-8 form; JSON.stringify would escape them, which the format does not. */
function wellFormed(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

export function sumOf(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
