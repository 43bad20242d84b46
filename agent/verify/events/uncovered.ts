import { judgeRecord } from '../records/record.ts';
import type { BatchRecord } from '../records/record.ts';
import { kindOfRecord } from '../records/claim.ts';
import type { EventPlace } from '../records/claim.ts';
import type { Emit } from '../finding.ts';
import { lowerBound } from '../lower-bound.ts';
import { markerKey } from '../records/notes.ts';
import { leafHash, sha256 } from '../../seal/index.ts';
import type { RecordReading } from '../records/records.ts';
import type { Extent } from '../records/run.ts';
import type { StoredDocument, Streams } from '../streams.ts';
import { isStale } from '../time.ts';

/** An agent has at most two batches under way (docs/seal-format.md §8.3): of 10,000 events and a manifest each. */
const batchesUnderWayMax = 2;
const indexesUnderWayMax = batchesUnderWayMax * (10_000 + 1);

/** Logs, and batches outside of a time range, that are looked up; somebody may have written events of a million of them. */
const lookupsMax = 1000;

/** The documents of missing records in a row. The digest is of all of them in reading order: one edited, added or taken away shows. */
interface Hole {
  documents: number;
  digest: Buffer;
}

/** Number of a log's newest record, and the tree size after it. */
interface End {
  batch: number;
  size: number;
}

const beforeTheFirst: End = { batch: -1, size: 0 };

/** Documents at no index that a valid record covers (docs/seal-format.md §8.3, second table). */
export class Uncovered {
  /** Per log, documents whose record is yet to come. */
  readonly notYetRecorded = new Map<string, number>();
  readonly #streams: Streams;
  readonly #reading: RecordReading;
  readonly #now: Date;
  readonly #emit: Emit;
  readonly #extents = new Map<string, Extent[]>();
  /** Per log that no trusted key speaks for, its documents. */
  readonly #unjudged = new Map<string, number>();
  /** Per log, where it ends by now; undefined for one that nothing valid is there of. */
  readonly #ends = new Map<string, End | undefined>();
  /** Per log, what records outside of the time range were found to hold. */
  readonly #held = new Map<string, Extent[]>();
  /** Per log and first index of a hole, its documents. */
  readonly #holes = new Map<string, Map<number, Hole>>();
  #lookups = 0;

  constructor(streams: Streams, reading: RecordReading, now: Date, emit: Emit) {
    this.#streams = streams;
    this.#reading = reading;
    this.#now = now;
    this.#emit = emit;
    for (const log of reading.logs.values()) this.#extents.set(log.origin, log.extents());
  }

  isCovered(origin: string, index: number): boolean {
    return holds(this.#extents.get(origin) ?? [], index);
  }

  /** A document without a claim to a log that was known when the records were read. */
  async takeUnclaimed({ id, source }: StoredDocument, { origin, index, batch }: EventPlace): Promise<void> {
    if (origin !== undefined && this.#reading.unjudged.has(origin)) {
      add(this.#unjudged, origin);
      return;
    }
    const end =
      origin !== undefined && this.#streams.hadNothingOf?.(origin) ? await this.#endOf(origin) : undefined;
    if (end && index !== undefined && isUnderWay({ index, batch }, beforeTheFirst, end))
      add(this.notYetRecorded, origin!);
    else
      this.#emit({
        finding: 'inserted',
        origin: origin ?? '',
        id,
        hash: leafHash(source).toString('hex'),
        detail: 'it claims no place in a known log',
      });
  }

  /** A document that claims an uncovered index of a known log; `batch` is what its bytes say. */
  async take(
    { id, source }: StoredDocument,
    origin: string,
    index: number,
    batch: number | undefined,
  ): Promise<void> {
    const log = this.#reading.logs.get(origin);
    const at = { origin, index, ...(batch !== undefined && { batch }), id };
    if (index < (log?.size ?? 0)) {
      if (await this.#isHeld(origin, index)) {
        const detail = 'its time is in the range, and the batch of its index is not';
        this.#emit({ finding: 'inserted', ...at, hash: leafHash(source).toString('hex'), detail });
      } else this.#takeHole(origin, index, { id, source });
      return;
    }
    const newest = log?.newest;
    const known: End = newest ?? beforeTheFirst;
    // The records were read before the events, and a quick agent has recorded more batches since.
    const isExpected =
      isUnderWay({ index, batch }, known, known) ||
      isUnderWay({ index, batch }, known, (await this.#endOf(origin)) ?? known);
    if (!isExpected) {
      const detail = 'beyond the newest record, and not of what can be under way';
      this.#emit({ finding: 'inserted', ...at, hash: leafHash(source).toString('hex'), detail });
      return;
    }
    add(this.notYetRecorded, origin);
    if (!newest || !isStale(newest, this.#now)) return;
    const detail = `the newest record is of ${new Date(newest.sealedAt).toISOString()}`;
    this.#emit({ finding: 'not yet recorded', ...at, detail });
  }

  /** Names what was only counted so far. */
  close(): void {
    for (const [origin, documents] of this.#unjudged)
      this.#emit({
        finding: 'unproven',
        origin,
        detail: `${documents} events of a log without a trusted key`,
      });
    for (const [origin, holes] of this.#holes)
      for (const [index, { documents, digest }] of holes)
        this.#emit({
          finding: 'unproven',
          origin,
          index,
          hash: digest.toString('hex'),
          detail: `${documents} events whose record is missing`,
        });
  }

  #takeHole(origin: string, index: number, { id, source }: Pick<StoredDocument, 'id' | 'source'>): void {
    const holes = this.#holes.get(origin) ?? new Map<number, Hole>();
    this.#holes.set(origin, holes);
    const below = (this.#extents.get(origin) ?? []).findLast(({ to }) => to <= index)?.to ?? 0;
    const { documents, digest } = holes.get(below) ?? { documents: 0, digest: Buffer.alloc(0) };
    const next = sha256(Buffer.concat([digest, leafHash(source), Buffer.from(id)]));
    holes.set(below, { documents: documents + 1, digest: next });
  }

  /** Where a log ends by now, by its newest valid record, or its start marker alone. */
  async #endOf(origin: string): Promise<End | undefined> {
    if (this.#ends.has(origin)) return this.#ends.get(origin);
    if (!this.#mayLookUp() || !this.#streams.newestRecords) return undefined;
    let end: End | undefined;
    for await (const document of this.#streams.newestRecords(origin)) {
      if (kindOfRecord(document.id) === 'marker') {
        if (markerKey(document)?.name === origin) end ??= beforeTheFirst;
        continue;
      }
      const record = this.#valid(document, origin);
      if (!record) continue;
      end = { batch: record.manifest.batch, size: record.size };
      break;
    }
    this.#ends.set(origin, end);
    return end;
  }

  /** Whether a valid record outside of the time range holds the index. */
  async #isHeld(origin: string, index: number): Promise<boolean> {
    const held = this.#held.get(origin) ?? [];
    this.#held.set(origin, held);
    if (holds(held, index)) return true;
    if (!this.#streams.recordsHolding || !this.#mayLookUp()) return false;
    for await (const document of this.#streams.recordsHolding(origin, index)) {
      const record = kindOfRecord(document.id) === 'record' ? this.#valid(document, origin) : undefined;
      if (!record || index < record.manifest.first || index >= record.size) continue;
      const extent = { from: record.manifest.first, to: record.size };
      held.splice(
        lowerBound(held, ({ from }) => from < extent.from),
        0,
        extent,
      );
      return true;
    }
    return false;
  }

  #mayLookUp(): boolean {
    this.#lookups += 1;
    return this.#lookups <= lookupsMax;
  }

  /** By a key of the log; one that has begun meanwhile has none yet, and there the record's own counts. */
  #valid(document: StoredDocument, origin: string): BatchRecord | undefined {
    const { keys } = this.#reading;
    const { record } = judgeRecord(document, this.#streams.namespace);
    if (!record || record.manifest.origin !== origin) return undefined;
    return !keys.has(origin) || keys.get(origin, record.key.text) ? record : undefined;
  }
}

/**
 * Whether a document may be waiting for its record: of the two batches behind the newest one by number and by index. `known` is
 * where the log ended when its records were read, `newest` where it ends by now.
 */
function isUnderWay(
  { index, batch }: { index: number; batch: number | undefined },
  known: End,
  newest: End,
): boolean {
  return (
    batch !== undefined &&
    batch > known.batch &&
    batch <= newest.batch + batchesUnderWayMax &&
    index >= known.size &&
    index < newest.size + indexesUnderWayMax
  );
}

function holds(extents: readonly Extent[], index: number): boolean {
  const extent = extents[lowerBound(extents, ({ to }) => to <= index)];
  return extent !== undefined && extent.from <= index;
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
