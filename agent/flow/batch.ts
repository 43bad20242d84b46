import type { Shaped } from '../document/index.ts';
import { Tally } from '../seal/index.ts';
import type { Entries, Log } from '../seal/index.ts';
import type { Refusal } from '../store/index.ts';

/** When a batch is sealed. */
export interface BatchLimits {
  batchBytesMax: number;
  batchEventsMax: number;
  batchSeconds: number;
  heartbeatSeconds: number;
}

/** The open batch of one source: what has been read and is not sealed. Nobody but the pipeline fills it. */
export class Batch {
  /** The log that it will be sealed into, and its number there. */
  readonly log: Log;
  readonly number: number;
  readonly entries: Entries;
  /** What its manifest will say of the lines. */
  readonly tally = new Tally();
  /** Entries that go out in the refused form alone; durable with the batch. */
  readonly refusals: Refusal[] = [];
  /** Something in it shall be known soon: it is due at the next commit. */
  isUrgent = false;
  readonly #limits: BatchLimits;
  /** Monotonic milliseconds of the batch before it; undefined for the first of a process. */
  readonly #sealedBeforeAt: number | undefined;
  /** Monotonic milliseconds of the first content. */
  #filledAt: number | undefined;

  /** @param entries an empty buffer, which the batch keeps until it is compressed */
  constructor(log: Log, entries: Entries, limits: BatchLimits, sealedBeforeAt?: number) {
    this.log = log;
    this.number = log.nextBatch;
    this.entries = entries;
    this.#limits = limits;
    this.#sealedBeforeAt = sealedBeforeAt;
    entries.begin(log.logId, log.size);
  }

  /** The index in the log of the entry that is added next. */
  get nextIndex(): number {
    return this.entries.nextIndex;
  }

  get isFull(): boolean {
    const { batchBytesMax, batchEventsMax } = this.#limits;
    return this.entries.count >= batchEventsMax || this.entries.bytes >= batchBytesMax;
  }

  /** Whether the batch's time is up, or nothing was sealed for as long as a heartbeat. */
  isDue(): boolean {
    const { batchSeconds, heartbeatSeconds } = this.#limits;
    const now = performance.now();
    // What was withheld from an earlier batch has no stretch of its own.
    if (!this.tally.isEmpty || this.entries.count > 0) {
      this.#filledAt ??= now;
      return now - this.#filledAt >= batchSeconds * 1000;
    }
    return this.#sealedBeforeAt === undefined || now - this.#sealedBeforeAt >= heartbeatSeconds * 1000;
  }

  /** Appends a document as the entry `nextIndex`. */
  add({ pieces, timestamp }: Shaped): void {
    this.entries.add(pieces);
    this.tally.addTimestamp(timestamp);
  }

  /** The entry `nextIndex`, which is added next, is sent in the refused form alone. */
  refuseNext(why: Pick<Refusal, 'form' | 'status' | 'type' | 'message' | 'at'>): void {
    this.refusals.push({ ...why, origin: this.log.origin, index: this.nextIndex });
  }
}
