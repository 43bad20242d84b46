import { toleranceMilliseconds } from '../time.ts';

/** A batch that was sealed more than the tolerance before one that precedes it. Times in milliseconds since 1970. */
export interface ClockStep {
  origin: string;
  batch: number;
  sealedAt: number;
  /** The greatest time of a batch before it, since the step before. */
  before: number;
}

/**
 * When the batches of one (cluster, node, source) were sealed, over all its epochs, in their order. What was sealed after a
 * step back of the node's clock counts as no older than what was sealed before, until an operator has acknowledged the step:
 * else a clock that is wrong for one batch would make its events expire. Only the steps take space.
 */
export class Clock {
  readonly #steps: ClockStep[] = [];
  #highest = Number.NEGATIVE_INFINITY;
  #newest: { origin: string; batch: number } | undefined;
  #isOrdered = true;
  #acknowledged: (step: ClockStep) => boolean = () => false;

  /** Takes the next batch; the step back, if it is one. */
  take(origin: string, batch: number, sealedAt: number): ClockStep | undefined {
    if (this.#newest && !isBefore(this.#newest, { origin, batch })) {
      // The record stream was not read in order: nothing is known of what came before what.
      this.#isOrdered = false;
      this.#highest = Math.max(this.#highest, sealedAt);
      return undefined;
    }
    this.#newest = { origin, batch };
    const before = this.#highest;
    this.#highest = sealedAt;
    if (sealedAt >= before - toleranceMilliseconds) {
      this.#highest = Math.max(before, sealedAt);
      return undefined;
    }
    const step = { origin, batch, sealedAt, before };
    this.#steps.push(step);
    return step;
  }

  /** Call when all statements are known. */
  acknowledge(isAcknowledged: (step: ClockStep) => boolean): void {
    this.#acknowledged = isAcknowledged;
  }

  /** The time from which the retention of a batch counts: when it was sealed, or a later time from before a step back. */
  reached(origin: string, batch: number, sealedAt: number): number {
    if (!this.#isOrdered)
      return Math.max(sealedAt, this.#highest, ...this.#steps.map(({ before }) => before));
    let reached = Number.NEGATIVE_INFINITY;
    for (const step of this.#steps) {
      if (isBefore({ origin, batch }, step)) break;
      reached = this.#acknowledged(step) ? Number.NEGATIVE_INFINITY : Math.max(reached, step.before);
    }
    return Math.max(sealedAt, reached);
  }
}

function isBefore(a: { origin: string; batch: number }, b: { origin: string; batch: number }): boolean {
  return a.origin === b.origin ? a.batch < b.batch : a.origin < b.origin;
}
