import { logName } from '../../seal/index.ts';
import type { Gap, Manifest } from '../../seal/index.ts';
import { judgeBeginning, judgeNeighbours } from './chain.ts';
import { judgeStretches } from './stretches.ts';
import { contradictions } from './coherence.ts';
import type { Emit } from '../finding.ts';
import { lowerBound } from '../lower-bound.ts';
import { DriftNotices } from './drift-notices.ts';
import { SettingChanges } from './settings.ts';
import { linkOf } from './link.ts';
import type { Link } from './link.ts';
import type { BatchRecord } from './record.ts';
import { BatchRun } from './run.ts';
import type { Extent } from './run.ts';
import { widen } from '../time.ts';
import type { Span } from '../time.ts';

/** A second valid record of a batch number; what it is shows when the first is read again. */
export interface Alternate {
  batch: number;
  size: number;
  root: Buffer;
}

/** The batch numbers of a log that a time range reads; outside them only keys and the ends of the log matter. */
export interface BatchRange {
  from: number;
  to: number;
  /** Those that the range touches: the others are neighbours, read to judge these by. */
  touched: { from: number; to: number };
}

/** What is known of one origin from its valid records; its size does not grow with their number. */
export class LogChain {
  readonly origin: string;
  /** `<cluster>/<node>/<source>`. */
  readonly name: string;
  /** Position among the logs in reading order. */
  readonly order: number;
  readonly runs: BatchRun[] = [];
  readonly alternates: Alternate[] = [];
  /** Of batches that the range touches: how many, the least and the greatest number. */
  batches = 0;
  firstBatch: number | undefined;
  lastBatch: number | undefined;
  copies = 0;
  readonly events: Span = {};
  readonly settings = new SettingChanges();
  readonly drift = new DriftNotices();
  readonly #range: BatchRange | undefined;
  readonly #incoherent = new Set<number>();
  #current: BatchRun | undefined;

  constructor(origin: string, order: number, range: BatchRange | undefined) {
    this.origin = origin;
    this.name = logName(origin);
    this.order = order;
    this.#range = range;
  }

  /** Takes the next valid record; whether it is the one that counts for its number, or `extra`. */
  add(record: BatchRecord, emit: Emit): 'counted' | 'extra' {
    const link = linkOf(record);
    const run = this.#runAt(link.batch);
    if (run && link.batch <= run.tail.batch) {
      this.#addAgain(run, link);
      return 'extra';
    }
    if (run && link.batch === run.tail.batch + 1 && this.inRange(link.batch) === this.inRange(run.tail.batch))
      run.extend(link, this.emitter(emit));
    else this.#insert(new BatchRun(this.origin, link));
    this.#count(record, emit);
    return 'counted';
  }

  get newest(): Link | undefined {
    return this.runs.at(-1)?.tail;
  }

  /** Tree size of the newest valid record. */
  get size(): number {
    return this.newest?.size ?? 0;
  }

  get first(): Link | undefined {
    const head = this.runs[0]?.head;
    return head?.batch === 0 ? head : undefined;
  }

  inRange(batch: number): boolean {
    return !this.#range || (batch >= this.#range.from && batch <= this.#range.to);
  }

  /** Whether the time that was asked for touches it; a neighbour is in range, and is not touched. */
  isTouched(batch: number): boolean {
    const { touched } = this.#range ?? {};
    return !touched || (batch >= touched.from && batch <= touched.to);
  }

  /** Judges what only shows when all records have been read: neighbours across runs, and what is missing between. */
  close(emit: Emit): void {
    const within = this.emitter(emit);
    let before: BatchRun | undefined;
    let next = 0;
    for (const run of this.runs) {
      this.#missing(next, run.head.batch - 1, emit);
      if (before && before.tail.batch + 1 === run.head.batch) {
        judgeNeighbours(this.origin, before.tail, run.head, within);
        judgeStretches(this.origin, before.lastStretch, run, within);
        run.lastStretch ??= before.lastStretch;
      } else judgeBeginning(this.origin, before?.tail, run.head, within);
      next = run.tail.batch + 1;
      before = run;
    }
  }

  /**
   * Leaf indexes that valid records in range cover, ascending; joined neighbours are one extent. Where batches of a broken
   * chain overlap, an index is that of the least number.
   */
  extents(): Extent[] {
    const asked = this.runs.filter(({ head }) => this.inRange(head.batch));
    let from = 0;
    const clipped: Extent[] = [];
    for (const extent of asked.flatMap(({ extents }) => extents)) {
      if (extent.to > from) clipped.push({ from: Math.max(from, extent.from), to: extent.to });
      from = Math.max(from, extent.to);
    }
    return clipped;
  }

  /** One finding for a run of missing numbers, however long: a forged log may leave out millions. */
  #missing(from: number, to: number, emit: Emit): void {
    const first = Math.max(from, this.#range?.from ?? 0);
    const last = Math.min(to, this.#range?.to ?? Infinity);
    if (first > last) return;
    const others = last > first ? { lastBatch: last, detail: `and all up to batch ${last}` } : {};
    emit({ finding: 'missing record', origin: this.origin, batch: first, ...others });
  }

  #count({ manifest }: BatchRecord, emit: Emit): void {
    const { batch, sealedAt } = manifest;
    const at = { origin: this.origin, batch, sealedAt };
    if (!this.inRange(batch)) return;
    this.#countTouched(manifest);
    const reasons = contradictions(manifest);
    if (reasons.length > 0) this.emitter(emit)({ finding: 'incoherent', ...at, detail: reasons.join('; ') });
    if (manifest.gaps.length > 0)
      emit({ finding: 'gap', ...at, detail: manifest.gaps.map(describeGap).join('; ') });
  }

  #countTouched(manifest: Manifest): void {
    const { batch, earliest, latest } = manifest;
    if (!this.isTouched(batch)) return;
    this.batches += 1;
    this.firstBatch = Math.min(batch, this.firstBatch ?? batch);
    this.lastBatch = Math.max(batch, this.lastBatch ?? batch);
    widen(this.events, earliest, latest);
    this.settings.take(manifest);
    this.drift.take(manifest);
  }

  #addAgain(run: BatchRun, link: Link): void {
    const { tail } = run;
    if (link.batch === tail.batch && link.size === tail.size && link.root.equals(tail.root)) this.copies += 1;
    else this.alternates.push({ batch: link.batch, size: link.size, root: link.root });
  }

  /** The run that holds the batch, or the last one before it. */
  #runAt(batch: number): BatchRun | undefined {
    if (this.#current && this.#current.tail.batch < batch && this.#current === this.runs.at(-1))
      return this.#current;
    return this.runs[lowerBound(this.runs, ({ head }) => head.batch <= batch) - 1];
  }

  #insert(run: BatchRun): void {
    const at = this.runs.findLastIndex(({ head }) => head.batch < run.head.batch) + 1;
    this.runs.splice(at, 0, run);
    this.#current = run;
  }

  /** Emits findings of this log that are in the range, and `incoherent` once for a batch. */
  emitter(emit: Emit): Emit {
    return (finding) => {
      const { batch } = finding;
      if (batch !== undefined && !this.inRange(batch)) return;
      if (finding.finding === 'incoherent') {
        if (this.#incoherent.has(batch!)) return;
        this.#incoherent.add(batch!);
      }
      emit(finding);
    };
  }
}

function describeGap({ reason, from, to }: Gap): string {
  return `${reason}${from === undefined ? '' : `, from ${from}`}${to === undefined ? '' : ` to ${to}`}`;
}
