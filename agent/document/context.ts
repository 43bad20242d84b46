import type { Known, PersonPlace } from '../identity/index.ts';

/** What all documents of one epoch of one source have in common. */
export interface DocumentContext {
  /** Name of the cluster, as configured. */
  readonly cluster: string;
  /** Name of the node that the audit log was written on. */
  readonly node: string;
  /** The data stream's namespace: `logs-kubernetes.audit_logs-<namespace>`. */
  readonly namespace: string;
  /** `<cluster>/<node>/<source>/<epoch>` (seal-format.md §1). */
  readonly origin: string;
  /** First 16 hex digits of SHA-256(vkey) (seal-format.md §5). */
  readonly logId: string;
  readonly agentVersion: string;
  readonly ecsVersion: string;
  /** Where the person behind a shared identity is looked for; the default places where this is not set. */
  readonly personPlaces?: readonly PersonPlace[];
}

/** What was left out of a document, and what still proves it (seal-format.md §4, "Long form"). */
export interface Cut {
  /** Length of the whole line in bytes, without its newline. */
  readonly bytes: number;
  /** HMAC of the whole line under the key of seal-format.md §4, as the manifest writes `mac`. */
  readonly mac: string;
  /** What is missing: `requestObject`, `responseObject`, `kubernetes`, or `original` (the middle of a text). */
  readonly fields: readonly string[];
}

/** What rules of detection have found in an event, in the terms of ECS. */
export interface Detected {
  /** Of the rules. */
  readonly ids: readonly string[];
  readonly names: readonly string[];
  /** What to do about each. */
  readonly next: readonly string[];
  readonly severity: number;
  readonly riskScore: number;
  /** Of MITRE ATT&CK: `TA0006`, `T1552`, `T1552.007`. */
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly subtechniques: readonly string[];
}

/** Where a line was read and where its document goes. */
export interface Place {
  /** Leaf index in the log. */
  readonly index: number;
  /** Batch number in the log. */
  readonly batch: number;
  /** Path of the file that the line was read from. */
  readonly path: string;
  /** Offset of the line's first byte, in uncompressed bytes. */
  readonly offset: number;
  readonly readAt: Date;
  /** Name of the policy's rule that decided on the event; none where there was no event to decide on. */
  readonly rule?: string | undefined;
  /** What rules of detection have found in the event. */
  readonly detected?: Detected | undefined;
  /** What directories say of its users; undefined without a directory, or where no person is among them. */
  readonly known?: Known | undefined;
  /** True if the line was glued to another and split (seal-format.md §4, "Glued line"), or is a RequestReceived that was withheld. */
  readonly recovered?: boolean;
  /** Names of the rules that redacted something of it, sorted. */
  readonly redacted?: readonly string[];
  readonly cut?: Cut;
}

/** A line that nobody held whole: its first and last bytes. */
export interface LongLine {
  readonly head: Buffer;
  readonly tail: Buffer;
  /** Length of the whole line in bytes, without its newline. */
  readonly bytes: number;
  /** HMAC of the whole line, see {@link Cut}. */
  readonly mac: string;
}
