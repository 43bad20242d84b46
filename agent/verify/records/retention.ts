import type { KeyRing } from './keys.ts';
import type { LogChain } from './log.ts';
import type { Retention } from './run.ts';
import { dayMilliseconds, toleranceMilliseconds } from '../time.ts';

/**
 * When events may be gone: the least `retentionDays` of a manifest, all later ones of its epoch and all of later linked
 * epochs. One that nothing links has no say: a forged epoch must not turn deletions into expiry.
 */
export class LeastRetention {
  readonly #steps = new Map<string, Retention[]>();

  constructor(logs: Iterable<LogChain>, keys: KeyRing) {
    for (const epochs of Map.groupBy(logs, ({ name }) => name).values()) {
      let later = Infinity;
      for (const log of epochs.toSorted((a, b) => (a.origin < b.origin ? 1 : -1))) {
        const steps = log.retention();
        let least = later;
        for (const step of steps.toReversed()) {
          least = Math.min(least, step.days);
          step.days = least;
        }
        if (keys.isLinked(log.origin)) later = least;
        this.#steps.set(log.origin, steps);
      }
    }
  }

  /** Whether the events of a batch that was sealed then (milliseconds since 1970) may be gone by now. */
  hasPassed(origin: string, batch: number, sealedAt: number, now: Date): boolean {
    const steps = this.#steps.get(origin) ?? [];
    const at = steps.findLastIndex((step) => step.batch <= batch);
    const days = steps[at]?.days ?? Infinity;
    return sealedAt + days * dayMilliseconds <= now.getTime() + toleranceMilliseconds;
  }
}
