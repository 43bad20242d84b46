/** A range of a log's indexes, both ends included. */
export interface IndexRange {
  first: number;
  last: number;
}

/** What is known of a document that was sent while no answer told what became of it. */
interface Unsure {
  /** The write index that was seen last before it was first sent: it lies there, in a later one, or nowhere. */
  since: string | undefined;
  /** How often it was sent without an answer; 2 stands for any greater number. */
  times: 1 | 2;
}

/** If a batch has more ranges than this, one that covers them all stands for them. */
const rangesMax = 16;

/**
 * Of one batch's documents in one stream: which may be there already, and which may now be there more than once. `_id` is
 * unique within a backing index only, so what is sent again after a rollover is not told apart from what it is a copy of.
 * A document goes by its event's index, a batch record by its manifest's.
 */
export class Arrivals {
  readonly #unsure = new Map<number, Unsure>();
  readonly #copied = new Set<number>();
  readonly #earlier: Unsure | undefined;

  /** `earlier`: another process may have sent any of it, any number of times, after it had seen that write index last. */
  constructor(earlier?: { since: string | undefined }) {
    this.#earlier = earlier && { since: earlier.since, times: 2 };
  }

  isUnsure(index: number): boolean {
    return this.#of(index) !== undefined;
  }

  /** The write index seen last before the document was first sent. */
  sinceOf(index: number): string | undefined {
    return this.#of(index)?.since;
  }

  /** It was sent, and no answer tells what became of it. `since` is the write index seen last before. */
  markUnsure(index: number, since: string | undefined): void {
    const before = this.#of(index);
    this.#unsure.set(index, before ? { since: before.since, times: 2 } : { since, times: 1 });
  }

  /** Elasticsearch has answered for it: it was created in `backing`, or was there already. */
  markArrived(index: number, backing: string | undefined, created: boolean): void {
    const unsure = this.#of(index);
    if (!unsure || (backing !== undefined && (backing === unsure.since || isFirstOfItsStream(backing))))
      return;
    // It was sent twice and the second answer says that it was there: the first sending made the only one.
    if (!created && unsure.times === 1) return;
    this.#copied.add(index);
  }

  /** It was seen in more than one backing index. */
  markCopied(index: number): void {
    this.#copied.add(index);
  }

  /** What may exist more than once, in order. */
  copies(): IndexRange[] {
    const ranges: IndexRange[] = [];
    for (const index of [...this.#copied].toSorted((a, b) => a - b)) {
      const last = ranges.at(-1);
      if (last && last.last + 1 === index) last.last = index;
      else ranges.push({ first: index, last: index });
    }
    if (ranges.length <= rangesMax) return ranges;
    return [{ first: ranges[0]!.first, last: ranges.at(-1)!.last }];
  }

  #of(index: number): Unsure | undefined {
    return this.#unsure.get(index) ?? this.#earlier;
  }
}

/** A write index of generation 1 has none before it (`.ds-<stream>-<date>-<generation>`). */
function isFirstOfItsStream(backing: string): boolean {
  return backing.startsWith('.ds-') && backing.endsWith('-000001');
}
