import type { BatchRecord } from './record.ts';
import type { ReadPart } from '../read-part.ts';

/** Which of the parts that an interrupted run read are parts of the logs as they are recorded now. */
export class ReadBefore {
  readonly #begins = new Map<string, ReadPart>();
  readonly #ends = new Map<string, ReadPart>();
  readonly #begun = new Set<ReadPart>();
  readonly #ended = new Set<ReadPart>();

  constructor(parts: readonly ReadPart[]) {
    for (const part of parts) {
      this.#begins.set(keyOf(part.origin, part.firstBatch), part);
      this.#ends.set(keyOf(part.origin, part.lastBatch), part);
    }
  }

  /** Takes a counted record. That its hashes give the signed root has been seen. */
  take({ manifest: { origin, batch, first }, size, root }: BatchRecord): void {
    const begin = this.#begins.get(keyOf(origin, batch));
    if (begin?.from === first) this.#begun.add(begin);
    const end = this.#ends.get(keyOf(origin, batch));
    if (end?.to === size && end.root === root.toString('hex')) this.#ended.add(end);
  }

  /** Those of which the first record and the last are there. */
  parts(): ReadPart[] {
    return [...this.#begun.intersection(this.#ended)];
  }
}

function keyOf(origin: string, batch: number): string {
  return `${batch} ${origin}`;
}
