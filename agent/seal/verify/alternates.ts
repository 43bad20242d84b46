import { parseBase64 } from '../index.ts';
import type { Batch } from './batches.ts';
import type { Emit } from './finding.ts';
import type { Alternate, LogChain } from './log.ts';

/**
 * Second valid records of a batch number (docs/seal-format.md §8.2): the same one again is a copy, another root of one
 * size is a fork. One that is neither cannot follow the record before it as well, so the chain is broken there.
 */
export class Alternates {
  readonly #logs: ReadonlyMap<string, LogChain>;
  readonly #emit: Emit;
  readonly #judged = new Set<Alternate>();

  constructor(logs: ReadonlyMap<string, LogChain>, emit: Emit) {
    this.#logs = logs;
    this.#emit = emit;
  }

  /** Compares with a counted record, read again. */
  compare({ origin, batch, size, checkpoint }: Batch): void {
    const log = this.#logs.get(origin);
    if (!log || log.alternates.length === 0) return;
    const root = parseBase64(checkpoint.split('\n')[2]);
    for (const alternate of log.alternates) {
      if (alternate.size !== size || this.#judged.has(alternate)) continue;
      const isSame = root?.equals(alternate.root) ?? false;
      if (isSame && alternate.batch !== batch) continue;
      this.#judged.add(alternate);
      if (isSame) log.copies += 1;
      else
        this.#emit({
          finding: 'fork',
          origin,
          batch: alternate.batch,
          detail: `two signed roots of size ${size}`,
        });
    }
  }

  close(): void {
    for (const { origin, alternates } of this.#logs.values())
      for (const alternate of alternates) {
        if (this.#judged.has(alternate)) continue;
        const detail = `two signed records of this batch, of different sizes`;
        this.#emit({ finding: 'broken chain', origin, batch: alternate.batch, detail });
      }
  }
}
