import { managedFieldsName, requestReceivedName } from '../policy/index.ts';
import type { Manifest, Moment } from '../seal/index.ts';
import type { Totals } from '../store/index.ts';
import { CosigningMeter } from './cosigning-meter.ts';
import { parseObservation } from './observation.ts';
import type { Observation } from './observation.ts';
import { talliesOf } from '../store/index.ts';

export type Labelled = Map<string, number>;

/** A durable batch that Elasticsearch does not have whole. */
interface Waiting {
  events: number;
  bytes: number;
  /** Of its oldest event; of a heartbeat none. */
  oldest: string | null;
}

/**
 * What is known of one source, as plain numbers: metrics, `status` and the spool's limit read them here. Each method is one
 * step of the flow, made whole at once, so that whoever looks always finds read + pieces = dropped + shipped + waiting.
 */
export class SourceMeter {
  readonly source: string;
  /** Of all lives of the state: see `load`. */
  read = 0;
  pieces = 0;
  sealedEvents = 0;
  sealedBatches = 0;
  shippedEvents = 0;
  shippedBatches = 0;
  refused = 0;
  /** Files on this node: counted at each start, not in the state. */
  quarantinedEvents = 0;
  readonly tallies = new Map<string, Labelled>();
  readonly epochs: Labelled = new Map();
  /** Of this process. */
  readonly retries: Labelled = new Map();
  readonly matches: Labelled = new Map();
  readonly pauses: Labelled = new Map();
  /** Of this process; undefined where they are not counted. */
  levels: (() => Labelled) | undefined;
  stages: (() => Labelled) | undefined;
  readonly cosigning = new CosigningMeter();
  /** Seconds since 1970: when a checkpoint was time-stamped last; undefined where none was. */
  stampedAt: number | undefined;
  /** Of this process. */
  stampFailures = 0;
  paused: Observation['paused'];
  trouble: Observation['trouble'];
  /** False until the log was looked at. */
  readable = false;
  unreadable: Observation['unreadable'];
  /** Undefined until it was looked at, and where it cannot be known. */
  lagBytes: number | undefined;
  log: { origin: string; batch: number; size: number } | undefined;
  /** RFC 3339. */
  sealedAt: string | undefined;
  acknowledgedAt: Observation['acknowledgedAt'];
  newestRead: string | undefined;
  newestShipped: Observation['newestShipped'];
  waitingEvents = 0;
  waitingBytes = 0;
  #waiting: Waiting[] = [];
  readonly #latency: (seconds: number, events: number) => void;

  constructor(source: string, latency: (seconds: number, events: number) => void) {
    this.source = source;
    this.#latency = latency;
  }

  get waitingBatches(): number {
    return this.#waiting.length;
  }

  /** At a start, and again after a rollback: what the state says. */
  load(totals: Totals, log: { origin: string; batch: number; size: number }): void {
    this.#waiting = [...totals.waiting];
    this.waitingEvents = this.#waiting.reduce((sum, { events }) => sum + events, 0);
    this.waitingBytes = this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    this.read = totals.read;
    this.pieces = totals.pieces;
    this.sealedEvents = totals.sealedEvents;
    this.sealedBatches = totals.sealedBatches;
    this.shippedEvents = totals.sealedEvents - this.waitingEvents;
    this.shippedBatches = totals.sealedBatches - this.#waiting.length;
    this.refused = totals.refused;
    // What was declared stays, at 0.
    for (const labels of this.tallies.values()) for (const label of labels.keys()) labels.set(label, 0);
    for (const { kind, label, value } of totals.tallies) this.#labels(kind).set(label, value);
    for (const { reason, count } of totals.epochs) this.epochs.set(reason, count);
    this.log = log;
    const observed = parseObservation(totals.observed);
    this.trouble ??= observed?.trouble;
    this.acknowledgedAt ??= observed?.acknowledgedAt;
    this.newestShipped ??= observed?.newestShipped;
  }

  /** Makes series at 0, so that their first increase is one to Prometheus. */
  declare(kind: string, labels: readonly string[]): void {
    const known = this.#labels(kind);
    for (const label of labels) known.set(label, known.get(label) ?? 0);
  }

  /** The names that a policy counts events under. */
  declareRules(rules: readonly string[]): void {
    this.declare('dropped', [...rules, requestReceivedName]);
    this.declare('reduced', [...rules, managedFieldsName]);
  }

  /** Counts what a durable batch says of itself, so that the metrics and the manifests cannot disagree. */
  sealed(manifest: Manifest, bytes: number): void {
    const { read, pieces, count, origin, batch, first, sealedAt, earliest, latest } = manifest;
    this.read += read;
    this.pieces += pieces;
    this.sealedEvents += count;
    this.sealedBatches += 1;
    for (const { kind, label, value } of talliesOf(manifest)) add(this.#labels(kind), label, value);
    for (const notice of manifest.notices) if (notice.kind === 'epoch') add(this.epochs, notice.reason, 1);
    this.log = { origin, batch: batch + 1, size: first + count + 1 };
    this.sealedAt = sealedAt;
    this.newestRead = latest ?? this.newestRead;
    this.#waiting.push({ events: count, bytes, oldest: earliest ?? null });
    this.waitingEvents += count;
    this.waitingBytes += bytes;
  }

  /** The oldest batch that waits is acknowledged whole. */
  acknowledged(batch: { newest: string | null; moments: readonly Moment[] }, now: Date): void {
    const { events = 0, bytes = 0 } = this.#waiting.shift() ?? {};
    this.waitingEvents -= events;
    this.waitingBytes -= bytes;
    this.shippedEvents += events;
    this.shippedBatches += 1;
    this.acknowledgedAt = now.toISOString();
    this.newestShipped = batch.newest ?? this.newestShipped;
    for (const [at, count] of batch.moments) this.#latency(Math.max(0, now.getTime() - at) / 1000, count);
  }

  /** A request to Elasticsearch that failed and is tried again. */
  retried(cause: string, message: string, now: Date): void {
    add(this.retries, cause, 1);
    this.trouble = { at: now.toISOString(), cause, message: message.slice(0, 500) };
  }

  /** Makes a series at 0 for each rule of detection. */
  declareDetection(ids: readonly string[]): void {
    for (const id of ids) this.matches.set(id, this.matches.get(id) ?? 0);
  }

  /** A rule of detection has found an event. */
  matched(rule: string): void {
    add(this.matches, rule, 1);
  }

  /** Reading has to wait, or goes on. */
  pause(reason: 'spool' | 'disk' | undefined, now: Date): void {
    if (reason !== undefined && reason !== this.paused?.reason) add(this.pauses, reason, 1);
    this.paused = reason && { reason, since: now.toISOString() };
  }

  /** The log was looked at: `obstacle` is why it cannot be read, and what to do. */
  lookedAt(obstacle: string | undefined, now: Date): void {
    this.readable = obstacle === undefined;
    const since = this.unreadable?.since ?? now.toISOString();
    this.unreadable = obstacle === undefined ? undefined : { since, message: obstacle.slice(0, 1000) };
  }

  /**
   * How long the oldest event that is not acknowledged has been waiting, by its own time. Of what is not even read only the
   * age of the newest event before it is known, which is more. 0 when all is acknowledged; undefined where what is acknowledged
   * is all that could be read.
   */
  lagSeconds(now: Date): number | undefined {
    const oldest = this.#waiting.find((batch) => batch.oldest !== null)?.oldest;
    if (oldest === undefined && this.lagBytes === undefined) return undefined;
    const since = oldest ?? (this.lagBytes ? this.newestRead : undefined);
    return since === undefined ? 0 : Math.max(0, (now.getTime() - Date.parse(since)) / 1000);
  }

  /** What `status` shows beside the state: JSON. */
  observation(now: Date): string {
    const { lagBytes, unreadable, paused, trouble, acknowledgedAt, newestShipped } = this;
    const at = now.toISOString();
    return JSON.stringify({
      at,
      lagBytes,
      unreadable,
      paused,
      trouble,
      acknowledgedAt,
      newestShipped,
    } satisfies Observation);
  }

  #labels(kind: string): Labelled {
    let labels = this.tallies.get(kind);
    if (!labels) this.tallies.set(kind, (labels = new Map()));
    return labels;
  }
}

function add(counts: Labelled, label: string, value: number): void {
  counts.set(label, (counts.get(label) ?? 0) + value);
}
