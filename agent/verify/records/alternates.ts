import { parseBase64 } from '../../seal/index.ts';
import type { Batch } from '../events/batches.ts';
import type { Emit } from '../finding.ts';
import type { Alternate, LogChain } from './log.ts';

/**
 * Second valid records of a batch number (docs/seal-format.md §8.2): the same one again is a copy, another root of the
 * size of a counting record is a fork, and what is neither a broken chain.
 */
export class Alternates {
  readonly #logs: ReadonlyMap<string, LogChain>;
  readonly #emit: Emit;
  readonly #forks = new Set<Alternate>();
  readonly #copies = new Set<Alternate>();

  constructor(logs: ReadonlyMap<string, LogChain>, emit: Emit) {
    this.#logs = logs;
    this.#emit = emit;
  }

  /** Compares with a counting record, read again. */
  compare({ origin, batch, size, checkpoint }: Batch): void {
    const log = this.#logs.get(origin);
    if (!log || log.alternates.length === 0) return;
    const root = parseBase64(checkpoint.split('\n')[2])!;
    for (const alternate of log.alternates) {
      if (alternate.size !== size) continue;
      if (!alternate.root.equals(root)) this.#forks.add(alternate);
      else if (alternate.batch === batch) this.#copies.add(alternate);
    }
  }

  /** Call when all counting records have been compared. */
  close(): void {
    for (const log of this.#logs.values())
      for (const alternate of log.alternates) {
        const { batch, size } = alternate;
        const at = { origin: log.origin, batch };
        if (this.#copies.has(alternate)) log.copies += 1;
        else if (this.#forks.has(alternate))
          this.#emit({ finding: 'fork', ...at, detail: `two signed roots of size ${size}` });
        else
          this.#emit({
            finding: 'broken chain',
            ...at,
            detail: `two signed records of this batch, one of size ${size}`,
          });
      }
  }
}
