import { parseOrigin } from '../../seal/index.ts';
import type { Emit } from '../finding.ts';
import type { VerifyOptions } from '../options.ts';
import type { LogChain } from './log.ts';
import type { RecordReading } from './records.ts';

/** From when on there is a log of a cluster. */
export interface Coverage {
  cluster: string;
  /** RFC 3339: when the first of its logs begins. */
  begins: string;
  /** Whether that is after the beginning of the range. */
  isLate: boolean;
  /** Logs that begin within the range although another was there before: a node that joined. RFC 3339. */
  joined: { name: string; begins: string }[];
  /** Whether any of its logs has a batch that the range touches. */
  hasBatch: boolean;
}

/** The first valid record of a (cluster, node, source). */
interface Beginning {
  log: LogChain;
  at: number;
}

/**
 * Whether there is a log for what a time range asks for (docs/seal-format.md §8.4): what was never sealed has no finding of its
 * own. Nothing to say of a whole log.
 */
export function judgeCoverage(reading: RecordReading, options: VerifyOptions, emit: Emit): Coverage[] {
  const { range, fromBirth = false } = options;
  if (!range) return [];
  const since = range.since?.getTime() ?? Number.NEGATIVE_INFINITY;
  const beginnings = [...Map.groupBy(reading.logs.values(), ({ name }) => name).values()].map(beginningOf);
  const coverages: Coverage[] = [];
  for (const [cluster, logs] of Map.groupBy(beginnings, ({ log }) => parseOrigin(log.origin).cluster)) {
    const [first, ...others] = logs.toSorted((a, b) => a.at - b.at || (a.log.origin < b.log.origin ? -1 : 1));
    const begins = new Date(first!.at).toISOString();
    const isLate = range.since !== undefined && first!.at > since;
    if (isLate && !fromBirth) {
      const { origin, runs } = first!.log;
      const { batch, sealedAt } = runs[0]!.head;
      const detail = `the range begins at ${range.since!.toISOString()}, and the first log of cluster ${cluster} at ${begins}`;
      emit({ finding: 'begins late', origin, batch, sealedAt: new Date(sealedAt).toISOString(), detail });
    }
    coverages.push({
      cluster,
      begins,
      isLate,
      joined: others
        .filter(({ at }) => at > since && at > first!.at)
        .map(({ log: { name }, at }) => ({ name, begins: new Date(at).toISOString() })),
      hasBatch: [...reading.logs.values()].some(
        ({ origin, batches }) => batches > 0 && parseOrigin(origin).cluster === cluster,
      ),
    });
  }
  return coverages.toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1));
}

function beginningOf(epochs: readonly LogChain[]): Beginning {
  const log = epochs.toSorted((a, b) => (a.origin < b.origin ? -1 : 1))[0]!;
  return { log, at: log.runs[0]!.head.begins };
}
