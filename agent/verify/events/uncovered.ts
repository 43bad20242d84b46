import type { EventPlace } from '../records/claim.ts';
import type { Emit } from '../finding.ts';
import { lowerBound } from '../lower-bound.ts';
import type { RecordReading } from '../records/records.ts';
import type { Extent } from '../records/run.ts';
import type { Streams } from '../streams.ts';
import { isStale } from '../time.ts';

/** A batch number may be at most this much above the newest record's: an agent has at most two batches under way. */
const batchesUnderWayMax = 2;

/** Logs that are looked up once more; somebody may have written events of a million forged ones. */
const begunLookupsMax = 1000;

/** Documents at no index that a valid record covers (docs/seal-format.md §8.3, second table). */
export class Uncovered {
  /** Per log, documents whose record is yet to come. */
  readonly notYetRecorded = new Map<string, number>();
  readonly #streams: Streams;
  readonly #reading: RecordReading;
  readonly #now: Date;
  readonly #emit: Emit;
  readonly #beyond: { id: string; origin: string; index: number; batch: number | undefined }[] = [];
  readonly #extents = new Map<string, Extent[]>();
  /** Per log that no trusted key speaks for, its documents. */
  readonly #unjudged = new Map<string, number>();
  /** Per log that was not known: see `Streams.newestOfBegun`. */
  readonly #begun = new Map<string, number | undefined>();
  /** Per log and first index of a hole, its documents. */
  readonly #holes = new Map<string, Map<number, number>>();

  constructor(streams: Streams, reading: RecordReading, now: Date, emit: Emit) {
    this.#streams = streams;
    this.#reading = reading;
    this.#now = now;
    this.#emit = emit;
    for (const log of reading.logs.values()) this.#extents.set(log.origin, log.extents());
  }

  isCovered(origin: string, index: number): boolean {
    const extents = this.#extents.get(origin) ?? [];
    const extent = extents[lowerBound(extents, ({ to }) => to <= index)];
    return extent !== undefined && extent.from <= index;
  }

  /** A document without a claim to a log that was known when the records were read. */
  async takeUnclaimed(id: string, { origin, batch }: EventPlace): Promise<void> {
    if (origin !== undefined && this.#reading.unjudged.has(origin)) {
      add(this.#unjudged, origin);
      return;
    }
    const newest = origin === undefined ? undefined : await this.#newestOfBegun(origin);
    if (newest !== undefined && batch !== undefined && batch <= newest + batchesUnderWayMax)
      add(this.notYetRecorded, origin!);
    else
      this.#emit({
        finding: 'inserted',
        origin: origin ?? '',
        id,
        detail: 'it claims no place in a known log',
      });
  }

  /** An agent that starts between the reading of the records and that of the events is no forger. */
  async #newestOfBegun(origin: string): Promise<number | undefined> {
    if (!this.#begun.has(origin) && this.#begun.size < begunLookupsMax)
      this.#begun.set(origin, await this.#streams.newestOfBegun?.(origin));
    return this.#begun.get(origin);
  }

  /** A document that claims an uncovered index of a known log; `batch` is what its bytes say. */
  take(id: string, origin: string, index: number, batch: number | undefined): void {
    const log = this.#reading.logs.get(origin);
    if (index < (log?.size ?? 0)) {
      const holes = this.#holes.get(origin) ?? new Map<number, number>();
      this.#holes.set(origin, holes);
      add(holes, this.#holeAt(origin, index));
      return;
    }
    const newest = log?.newest;
    const batchMax = newest ? newest.batch + batchesUnderWayMax : batchesUnderWayMax - 1;
    if (batch !== undefined && batch <= batchMax) {
      add(this.notYetRecorded, origin);
      if (!newest || !isStale(newest, this.#now)) return;
      const detail = `the newest record is of ${new Date(newest.sealedAt).toISOString()}`;
      this.#emit({ finding: 'not yet recorded', origin, index, batch, id, detail });
    } else this.#beyond.push({ id, origin, index, batch });
  }

  /**
   * Names what was only counted so far. The records were read before the events, and a quick agent has recorded more batches
   * since: what seems to be beyond its newest record is judged by the newest that there is now.
   */
  async close(): Promise<void> {
    const newest = new Map<string, number>();
    for (const { id, origin, index, batch } of this.#beyond) {
      if (!newest.has(origin)) newest.set(origin, (await this.#streams.newestBatch?.(origin)) ?? -Infinity);
      if (batch !== undefined && batch <= newest.get(origin)! + batchesUnderWayMax) {
        add(this.notYetRecorded, origin);
        continue;
      }
      this.#emit({
        finding: 'inserted',
        origin,
        index,
        ...(batch !== undefined && { batch }),
        id,
        detail: 'beyond the newest record, and of no batch that can be under way',
      });
    }
    this.#nameCounted();
  }

  #nameCounted(): void {
    for (const [origin, documents] of this.#unjudged)
      this.#emit({
        finding: 'unproven',
        origin,
        detail: `${documents} events of a log without a trusted key`,
      });
    for (const [origin, holes] of this.#holes)
      for (const [index, documents] of holes)
        this.#emit({
          finding: 'unproven',
          origin,
          index,
          detail: `${documents} events whose record is missing`,
        });
  }

  #holeAt(origin: string, index: number): number {
    const below = (this.#extents.get(origin) ?? []).findLast(({ to }) => to <= index);
    return below?.to ?? 0;
  }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
