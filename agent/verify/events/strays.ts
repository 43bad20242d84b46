import type { Batch } from './batches.ts';
import type { DocumentCounts } from './batch-check.ts';
import { matches, type Claimant } from './claimant.ts';
import type { Emit } from '../finding.ts';
import type { Problems } from './problems.ts';

/** Documents that came out of place and are kept for the end; about 300 bytes each. */
export const straysMax = 100_000;

interface Stray extends Claimant {
  index: number;
}

/** Documents that claim an index of a batch which was not at hand when they came. */
export class Strays {
  readonly #byOrigin = new Map<string, Stray[]>();
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

  add(origin: string, stray: Stray): void {
    if (this.#count === straysMax) {
      this.overflowed = true;
      return;
    }
    this.#count += 1;
    const strays = this.#byOrigin.get(origin);
    if (strays) strays.push(stray);
    else this.#byOrigin.set(origin, [stray]);
  }

  /** Call before the batches are read once more. */
  sort(): void {
    for (const strays of this.#byOrigin.values()) strays.sort((a, b) => a.index - b.index);
  }

  /** Judges the strays of one batch against what was found at their index. */
  judge(batch: Batch): void {
    const strays = this.#byOrigin.get(batch.origin) ?? [];
    let low = 0;
    let high = strays.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (strays[middle]!.index < batch.from) low = middle + 1;
      else high = middle;
    }
    while (low < strays.length && strays[low]!.index <= batch.first + batch.count) {
      const { index } = strays[low]!;
      const end = strays.findIndex((stray, i) => i > low && stray.index !== index);
      const atIndex = strays.slice(low, end < 0 ? undefined : end);
      this.#judgeIndex(batch, index, atIndex);
      low += atIndex.length;
    }
  }

  #judgeIndex(batch: Batch, index: number, strays: Stray[]): void {
    const { origin } = batch;
    const isManifest = index === batch.first + batch.count;
    const state = isManifest ? undefined : this.#problems.at(origin, index);
    const isMatch = (stray: Stray) => !isManifest && matches(stray, batch, index);
    const match = strays.find(isMatch);
    if (state !== undefined && state !== 'found' && !match) {
      this.#problems.overrule(origin, index, 'changed');
      return;
    }
    const detail = isManifest ? 'at the index of a manifest' : 'beside the sealed event';
    const at = { origin, index, batch: batch.batch, detail };
    for (const stray of strays) {
      if (!isMatch(stray)) this.#emit({ finding: 'inserted', ...at, id: stray.id });
      else if (state === undefined || stray !== match) this.#counts.copies += 1;
    }
    if (state === undefined || state === 'found') return;
    this.#counts.ok += 1;
    this.#problems.overrule(origin, index, 'ok');
    // The claimants that made it `changed` are beside a match now.
    if (state === 'changed') this.#emit({ finding: 'inserted', ...at });
  }
}
