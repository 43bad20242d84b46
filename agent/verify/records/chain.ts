import type { Emit } from '../finding.ts';
import { timeOf } from './link.ts';
import type { Link } from './link.ts';

/** Two neighbours in number (docs/seal-format.md §8.2): one tree must grow into the other. */
export function joins(earlier: Link, later: Link): boolean {
  return later.first === earlier.size && later.rootBefore.equals(earlier.root);
}

/** Judges where a batch begins that has no neighbour before it: not before the end of the last one that is there. */
export function judgeBeginning(origin: string, earlier: Link | undefined, later: Link, emit: Emit): void {
  if (later.batch === 0 ? later.first === 0 : later.first >= (earlier?.size ?? 0)) return;
  const detail =
    earlier === undefined
      ? `it begins at index ${later.first}`
      : `it begins at index ${later.first}, batch ${earlier.batch} ends at ${earlier.size}`;
  emit({ finding: 'broken chain', origin, batch: later.batch, detail });
}

/** Judges two neighbours: the chain and the time between them. Their stretches are for {@link judgeStretches}. */
export function judgeNeighbours(origin: string, earlier: Link, later: Link, emit: Emit): void {
  const at = { origin, batch: later.batch };
  if (!joins(earlier, later)) {
    const detail = `it does not continue the tree of batch ${earlier.batch} (size ${earlier.size}, first ${later.first})`;
    emit({ finding: 'broken chain', ...at, detail });
  }
  const milliseconds = later.sealedAt - earlier.sealedAt;
  if (milliseconds > 2 * earlier.heartbeatMilliseconds && !later.excused) {
    const detail = `sealed ${Math.round(milliseconds / 1000)} s after batch ${earlier.batch}, with no start or pause to explain it`;
    emit({ finding: 'silent', ...at, sealedAt: timeOf(later), detail });
  }
}
