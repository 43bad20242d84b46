import type { ReadPart } from '../read-part.ts';
import type { Batch } from './batches.ts';

/** A log with a fault in every other batch has no use of more. */
const partsMax = 1000;

/** What was read so far and is without fault. */
export class ReadParts {
  readonly #parts: ReadPart[] = [];
  readonly #last = new Map<string, ReadPart>();
  #readFrom: string;

  constructor(startedAt: Date) {
    this.#readFrom = startedAt.toISOString();
  }

  /** Takes a batch of which all is there; those of one log in ascending order. */
  take({ origin, batch, first, count, size, checkpoint }: Batch, refused: number): void {
    const readTo = new Date().toISOString();
    const root = rootOf(checkpoint);
    const last = this.#last.get(origin);
    if (last && last.lastBatch + 1 === batch && last.to === first) {
      Object.assign(last, { lastBatch: batch, to: size, root, readTo });
      last.events += count;
      last.refused += refused;
      return;
    }
    if (this.#parts.length === partsMax) return;
    const part = {
      origin,
      firstBatch: batch,
      lastBatch: batch,
      from: first,
      to: size,
      root,
      events: count,
      refused,
      readFrom: this.#readFrom,
      readTo,
    };
    this.#parts.push(part);
    this.#last.set(origin, part);
  }

  list(): readonly ReadPart[] {
    return this.#parts;
  }
}

/** The third line of a checkpoint (C2SP tlog-checkpoint). */
function rootOf(checkpoint: string): string {
  return Buffer.from(checkpoint.split('\n', 3)[2] ?? '', 'base64').toString('hex');
}
