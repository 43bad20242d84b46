import { eventId } from '../../seal/index.ts';
import type { Batch } from './batches.ts';
import { Claimants, hashOf, Hashes } from './claimants.ts';
import type { Claimant } from './claimants.ts';
import type { Finding } from '../finding.ts';
import type { StatementReport } from '../records/statements.ts';
import { lowerBound } from '../lower-bound.ts';

/** What an index that its batch covers has instead of its document; `found` only by its `_id`, out of place. */
export type State = 'changed' | 'missing' | 'expired' | 'erased' | 'found';

interface Problem {
  origin: string;
  /** Position of its log in reading order. */
  order: number;
  logId: string;
  batch: number;
  from: number;
  to: number;
  state: State;
  /** Of what was signed away. */
  report: StatementReport | undefined;
  /** Of what is changed. */
  hashes: Hashes | undefined;
}

/** What else is known of an index. */
export interface Details {
  /** By which it was signed away. */
  report?: StatementReport | undefined;
  /** Documents in the place of what is changed. */
  claimants?: readonly Claimant[];
}

interface Overruled {
  state: State | 'ok';
  /** Of documents out of place that make it changed. */
  hash: Buffer | undefined;
}

/**
 * The covered indexes that are not simply there, as runs within a batch. They are named at the end: a document out of
 * place may turn up that makes `missing` into `changed`.
 */
export class Problems {
  expired = 0;
  erased = 0;
  readonly #list: Problem[] = [];
  #byOrigin: Map<string, Problem[]> | undefined;
  /** By origin and index, what a document out of place has made of it. */
  readonly #overruled = new Map<string, Overruled>();
  readonly #claimants = new Claimants();

  add({ origin, order, key, batch }: Batch, index: number, state: State, details: Details = {}): void {
    const { report, claimants } = details;
    const hash = claimants && this.#claimants.take(origin, index, claimants);
    const last = this.#list.at(-1);
    const goesOn =
      last?.origin === origin &&
      last.batch === batch &&
      last.state === state &&
      last.report === report &&
      last.to === index - 1;
    if (goesOn) last.to = index;
    else {
      const hashes = claimants && new Hashes();
      this.#list.push({
        origin,
        order,
        logId: key.logId,
        batch,
        from: index,
        to: index,
        state,
        report,
        hashes,
      });
    }
    this.#list.at(-1)!.hashes?.push(hash);
  }

  /** Undefined where the document is in its place and whole. Call when all have been added. */
  at(origin: string, index: number): State | undefined {
    this.#byOrigin ??= Map.groupBy(
      this.#list.toSorted((a, b) => a.from - b.from),
      (problem) => problem.origin,
    );
    const list = this.#byOrigin.get(origin) ?? [];
    const problem = list[lowerBound(list, ({ to }) => to < index)];
    return problem && problem.from <= index ? problem.state : undefined;
  }

  overrule(origin: string, index: number, state: State | 'ok', claimants?: readonly Claimant[]): void {
    const hash = claimants && this.#claimants.take(origin, index, claimants);
    this.#overruled.set(`${origin} ${index}`, { state, hash });
  }

  /** Names changed and missing events in reading order, and counts those that are gone by age or by a statement. */
  *named(): Generator<Finding> {
    // Logs that were read beside one another are named one after the other all the same.
    this.#list.sort((a, b) => a.order - b.order);
    for (const { origin, logId, batch, from, to, state, report, hashes } of this.#list) {
      for (let index = from; index <= to; index += 1) {
        const overruled = this.#overruled.size === 0 ? undefined : this.#overruled.get(`${origin} ${index}`);
        const now = overruled?.state ?? state;
        if (now === 'expired') this.expired += 1;
        if (now === 'erased') this.erased += 1;
        if (report && now === state) report.excuses += 1;
        if (now !== 'changed' && now !== 'missing') continue;
        const finding: Finding = { finding: now, origin, index, batch, id: eventId(logId, index) };
        if (now === 'missing') {
          yield finding;
          continue;
        }
        const all = [hashes?.at(index - from), overruled?.hash].filter((hash) => hash !== undefined);
        const claimants = this.#claimants.idsOf(origin, index);
        yield {
          ...finding,
          ...(all.length > 0 && { hash: hashOf(all).toString('hex') }),
          ...(claimants && { claimants }),
        };
      }
    }
  }
}
