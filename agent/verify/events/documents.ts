import type { StoredDocument, Streams } from '../streams.ts';
import { BatchCheck } from './batch-check.ts';
import type { DocumentCounts } from './batch-check.ts';
import type { Batch } from './batches.ts';
import { candidateOf } from './candidate.ts';
import { eventIdClaim, eventPlace, logIdDigits } from '../records/claim.ts';
import type { EventPlace } from '../records/claim.ts';
import { Uncovered } from './uncovered.ts';
import type { Emit } from '../finding.ts';
import { Problems } from './problems.ts';
import type { RecordReading } from '../records/records.ts';
import { Fates } from '../records/fates.ts';
import { OutOfOrder } from './out-of-order.ts';
import { ReadParts } from './read-parts.ts';

interface Claim {
  origin: string;
  index: number;
}

/** What all documents came to; groups of logs that are read beside one another add to the same. */
export class DocumentResults {
  readonly counts: DocumentCounts = { ok: 0, refused: 0, copies: 0 };
  readonly problems = new Problems();
  readonly outOfOrder: OutOfOrder;
  readonly uncovered: Uncovered;
  /** What needs not be read again if the run is interrupted. */
  readonly read = new ReadParts(new Date());

  constructor(streams: Streams, reading: RecordReading, now: Date, emit: Emit) {
    this.outOfOrder = new OutOfOrder(this.problems, this.counts, emit);
    this.uncovered = new Uncovered(streams, reading, now, emit);
  }
}

export interface JoinInputs {
  streams: Streams;
  reading: RecordReading;
  /** Those of the logs that are joined here, in the order of their documents. */
  batches: AsyncIterator<Batch>;
  /** These logs. */
  origins: ReadonlySet<string>;
  results: DocumentResults;
  now: Date;
  emit: Emit;
}

/**
 * Joins the documents of the events stream with the batches that cover them (docs/seal-format.md §8.3). Both come in
 * the same order, so that one batch is at hand at a time. What claims a log that is joined elsewhere is out of order here.
 */
export class DocumentJoin {
  readonly #streams: Streams;
  readonly #reading: RecordReading;
  readonly #origins: ReadonlySet<string>;
  readonly #results: DocumentResults;
  readonly #batches: AsyncIterator<Batch>;
  readonly #fates: Fates;
  readonly #emit: Emit;
  #check: BatchCheck | undefined;

  constructor({ streams, reading, batches, origins, results, now, emit }: JoinInputs) {
    this.#streams = streams;
    this.#reading = reading;
    this.#batches = batches;
    this.#origins = origins;
    this.#results = results;
    this.#fates = new Fates(reading, now);
    this.#emit = emit;
  }

  /** Takes the next document. On the way that almost all go, nothing is parsed and nothing is kept. */
  take(document: StoredDocument): void | Promise<void> {
    const byId = eventIdClaim(document.id);
    const origin = byId && this.#reading.keys.originOf(byId.logId);
    if (origin !== undefined && this.#check?.holds(origin, byId!.index))
      return this.#check.take(document, byId!.index);
    return this.#place(document, origin === undefined ? undefined : { origin, index: byId!.index });
  }

  /** Call after the last document: looks at the batches that are left. */
  async close(): Promise<void> {
    while (await this.#nextBatch());
  }

  async #place(document: StoredDocument, byId: Claim | undefined): Promise<void> {
    const place = eventPlace(document.source);
    const claim = byId ?? this.#claimByBytes(place);
    const { uncovered, outOfOrder } = this.#results;
    if (!claim) {
      await uncovered.takeUnclaimed(document, place);
      return;
    }
    if (!uncovered.isCovered(claim.origin, claim.index)) {
      await uncovered.take(document, claim.origin, claim.index, place.batch);
      return;
    }
    // Only what stands where its own bytes say may move the join on: a false `_id` must not drag it past the batches.
    const isInPlace = place.origin === claim.origin && place.index === claim.index;
    if (!this.#check?.holds(claim.origin, claim.index) && isInPlace && this.#isAhead(claim))
      await this.#advanceTo(claim);
    if (this.#check?.holds(claim.origin, claim.index)) this.#check.take(document, claim.index);
    else {
      // Only under the `_id` that one of its log's keys gives can it be what was sealed.
      const key = this.#reading.keys.byLogId(document.id.slice(0, logIdDigits));
      const candidate = candidateOf(document, claim.index, key, this.#reading.refusals);
      outOfOrder.add(claim.origin, { ...candidate, index: claim.index });
    }
  }

  #claimByBytes({ origin, index }: EventPlace): Claim | undefined {
    if (origin === undefined || index === undefined || !this.#reading.keys.has(origin)) return undefined;
    return { origin, index };
  }

  #isAhead({ origin, index }: Claim): boolean {
    if (!this.#origins.has(origin)) return false;
    const at = this.#check?.batch;
    if (!at) return true;
    const order = this.#reading.logs.get(origin)!.order;
    return order > at.order || (order === at.order && index > at.first);
  }

  async #advanceTo({ origin, index }: Claim): Promise<void> {
    for (;;) {
      if (this.#check?.holds(origin, index) || !(await this.#nextBatch())) return;
    }
  }

  async #nextBatch(): Promise<boolean> {
    if (this.#check) {
      await this.#check.close(this.#results.problems, this.#fates);
      const { batch, soundRefused } = this.#check;
      if (soundRefused !== undefined) this.#results.read.take(batch, soundRefused);
      this.#check = undefined;
    }
    const next = await this.#batches.next();
    if (next.done === true) return false;
    const { counts } = this.#results;
    this.#check = new BatchCheck(next.value, this.#streams, this.#reading.refusals, counts, this.#emit);
    return true;
  }
}
