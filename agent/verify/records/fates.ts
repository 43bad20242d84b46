import type { Erasure, ShorterRetention, Statement } from '../../seal/index.ts';
import { lowerBound } from '../lower-bound.ts';
import { dayMilliseconds, toleranceMilliseconds } from '../time.ts';
import { isSealedAfter } from './conflict.ts';
import type { RecordReading } from './records.ts';
import type { StatementReport } from './statements.ts';

/** Why the document of a covered index may be gone, and by whose statement, if by one. */
export interface Fate {
  state: 'expired' | 'erased';
  report?: StatementReport | undefined;
}

/** A batch, as far as its fate rests on it. */
export interface FateOf {
  origin: string;
  batch: number;
  /** Milliseconds since 1970. */
  sealedAt: number;
  retentionDays: number;
}

type Report<T extends Statement> = StatementReport & { statement: T };

/** Which documents may be gone (docs/seal-format.md §8.3): by their batch's own retention, or by a statement of one who may erase. */
export class Fates {
  readonly #reading: RecordReading;
  readonly #now: Date;
  readonly #retentions: Map<string, Report<ShorterRetention>[]>;
  readonly #erasures: Map<string, Report<Erasure>[]>;

  constructor(reading: RecordReading, now: Date) {
    this.#reading = reading;
    this.#now = now;
    const reports = reading.statements.applicable();
    this.#retentions = byLog(reports, (report) => report.statement.kind === 'retention');
    this.#erasures = byLog(reports, (report) => report.statement.kind === 'erase');
  }

  /** Whether the documents of a batch may be gone by age. */
  expiry({ origin, batch, sealedAt, retentionDays }: FateOf): Fate | undefined {
    const name = this.#reading.logs.get(origin)?.name;
    const clock = name === undefined ? undefined : this.#reading.clocks.get(name);
    const reached = clock?.reached(origin, batch, sealedAt) ?? sealedAt;
    const hasPassed = (days: number) =>
      reached + days * dayMilliseconds <= this.#now.getTime() + toleranceMilliseconds;
    if (hasPassed(retentionDays)) return { state: 'expired' };
    const report = this.#retentions
      .get(origin)
      ?.find(
        ({ statement }) =>
          batch >= statement.batches.first &&
          batch <= statement.batches.last &&
          !isSealedAfter(statement, sealedAt) &&
          hasPassed(statement.days),
      );
    return report && { state: 'expired', report };
  }

  /** The statement by which the document of an index was taken away. */
  erasure({ origin, sealedAt }: FateOf, index: number): Fate | undefined {
    const report = this.#erasures
      .get(origin)
      ?.find(({ statement }) => holds(statement.indexes, index) && !isSealedAfter(statement, sealedAt));
    return report && { state: 'erased', report };
  }

  /** Whether anything was erased in a log at all. */
  hasErasures(origin: string): boolean {
    return this.#erasures.has(origin);
  }
}

function holds(indexes: Erasure['indexes'], index: number): boolean {
  const found = indexes[lowerBound(indexes, ({ last }) => last < index)];
  return found !== undefined && found.first <= index;
}

function byLog<T extends Statement>(
  reports: readonly StatementReport[],
  isMeant: (report: StatementReport) => boolean,
): Map<string, Report<T>[]> {
  return Map.groupBy(reports.filter(isMeant) as Report<T>[], ({ statement }) => statement.log);
}
