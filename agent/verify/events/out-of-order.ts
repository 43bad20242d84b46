import type { Batch } from './batches.ts';
import type { DocumentCounts } from './batch-check.ts';
import { matches } from './candidate.ts';
import type { Candidate } from './candidate.ts';
import type { Emit } from '../finding.ts';
import { lowerBound } from '../lower-bound.ts';
import type { Problems } from './problems.ts';

/** Documents that came out of place and are kept for the end; about 300 bytes each. */
export const outOfOrderMax = 100_000;

interface Misplaced extends Candidate {
  index: number;
}

/** Documents that claim an index of a batch which was not at hand when they came. */
export class OutOfOrder {
  readonly #byOrigin = new Map<string, Misplaced[]>();
  readonly #problems: Problems;
  readonly #counts: DocumentCounts;
  readonly #emit: Emit;
  #count = 0;
  /** More came than are kept: what they are is not known. */
  overflowed = false;

  constructor(problems: Problems, counts: DocumentCounts, emit: Emit) {
    this.#problems = problems;
    this.#counts = counts;
    this.#emit = emit;
  }

  get count(): number {
    return this.#count;
  }

  add(origin: string, misplaced: Misplaced): void {
    if (this.#count === outOfOrderMax) {
      this.overflowed = true;
      return;
    }
    this.#count += 1;
    const documents = this.#byOrigin.get(origin);
    if (documents) documents.push(misplaced);
    else this.#byOrigin.set(origin, [misplaced]);
  }

  /** Call before the batches are read once more. */
  sort(): void {
    for (const documents of this.#byOrigin.values()) documents.sort((a, b) => a.index - b.index);
  }

  /** Judges the documents of one batch against what was found at their index. */
  judge(batch: Batch): void {
    const documents = this.#byOrigin.get(batch.origin) ?? [];
    let at = lowerBound(documents, ({ index }) => index < batch.from);
    while (at < documents.length && documents[at]!.index <= batch.first + batch.count) {
      const { index } = documents[at]!;
      const end = lowerBound(documents, (misplaced) => misplaced.index <= index);
      this.#judgeIndex(batch, index, documents.slice(at, end));
      at = end;
    }
  }

  #judgeIndex(batch: Batch, index: number, documents: Misplaced[]): void {
    const { origin } = batch;
    const isManifest = index === batch.first + batch.count;
    const state = isManifest ? undefined : this.#problems.at(origin, index);
    const isMatch = (misplaced: Misplaced) => !isManifest && matches(misplaced, batch, index);
    const match = documents.find(isMatch);
    if (state !== undefined && state !== 'found' && !match) {
      this.#problems.overrule(origin, index, 'changed', documents);
      return;
    }
    const detail = isManifest ? 'at the index of a manifest' : 'beside the sealed event';
    const at = { origin, index, batch: batch.batch, detail };
    for (const misplaced of documents) {
      if (!isMatch(misplaced))
        this.#emit({ finding: 'inserted', ...at, id: misplaced.id, hash: misplaced.leaf.toString('hex') });
      else if (state === undefined || misplaced !== match) this.#counts.copies += 1;
    }
    if (state === undefined || state === 'found') return;
    this.#counts.ok += 1;
    this.#problems.overrule(origin, index, 'ok');
    if (state === 'erased') this.#emit({ finding: 'not erased', ...at, detail: 'it is there' });
    // The candidates that made it `changed` are beside a match now.
    if (state === 'changed') this.#emit({ finding: 'inserted', ...at });
  }
}
