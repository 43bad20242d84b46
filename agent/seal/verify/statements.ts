import { isUtf8 } from 'node:buffer';
import {
  logIdOf,
  logName,
  openNote,
  parseStatement,
  parseVerifierKey,
  SealError,
  statementDocumentId,
  type Statement,
  type VerifierKey,
} from '../index.ts';
import type { Excuse, Finding } from './finding.ts';
import { noteOf } from './notes.ts';
import type { StoredDocument } from './streams.ts';
import { toleranceMilliseconds } from './time.ts';

/** A statement that a known operator signed, and what came of it. */
export interface StatementReport {
  /** `_id` of its document. */
  id: string;
  /** Name of the operator's key. */
  operator: string;
  statement: Statement;
  /** How many findings it excuses. */
  excuses: number;
  /** Why it has no effect, where it says something that is not so. */
  detail?: string;
}

/** Documents that have the `_id` of a statement and count for nothing: how many for each reason, and some of them. */
export interface VoidStatements {
  count: number;
  reasons: Record<string, number>;
  sample: { id: string; why: string }[];
}

/** Whoever can write documents can write any number of these. */
const voidSampleMax = 10;

/** What of exit class 3 an operator may acknowledge, by batch: what the signed manifests themselves own up to. */
const ofBatches: ReadonlySet<string> = new Set(['gap', 'silent', 'incoherent']);

/** The operators' statements in the record stream (docs/seal-format.md §8.2, §8.4). Only what they signed takes space. */
export class Statements {
  readonly void: VoidStatements = { count: 0, reasons: {}, sample: [] };
  readonly #operators: ReadonlyMap<string, VerifierKey>;
  readonly #trusting: boolean;
  readonly #counted = new Map<string, StatementReport>();

  /** `operators` are vkeys; undefined where there is no trust file. */
  constructor(operators: readonly string[] | undefined) {
    this.#trusting = operators !== undefined;
    this.#operators = new Map(operators?.map((vkey) => [logIdOf(vkey), parseVerifierKey(vkey)]));
  }

  /** Takes a document that has the `_id` of a statement. */
  take({ id, source }: StoredDocument): void {
    if (this.#counted.has(id)) return;
    const key = this.#operators.get(id.split('-')[0]!);
    if (!key) {
      this.#reject(
        id,
        this.#trusting ? 'of no operator of the trust file' : 'no trust file names an operator',
      );
      return;
    }
    try {
      // Else it might be another note that was signed, with U+FFFD in its place.
      const note = isUtf8(source) ? noteOf(source)?.note : undefined;
      const text = openNote(note ?? '', key);
      const statement = parseStatement(text);
      if (statementDocumentId(key.text, text) !== id) this.#reject(id, 'its _id is not the one of its note');
      else this.#counted.set(id, { id, operator: key.name, statement, excuses: 0 });
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      this.#reject(id, error.code === 'bad-statement' ? 'no statement' : 'not signed', error.message);
    }
  }

  /** Marks what they excuse among the findings of the records, and says of each what it is good for. */
  apply(findings: readonly Finding[], newestOf: (name: string) => number | undefined, now: Date): void {
    const reports = this.counted().filter((report) => !this.#isFuture(report, now));
    for (const finding of findings) {
      const report = reports.find(({ statement }) => doesExcuse(statement, finding));
      if (!report) continue;
      report.excuses += 1;
      finding.excuse = excuseOf(report);
    }
    for (const report of reports) {
      const { kind, log, at } = report.statement;
      const newest = kind === 'retire' ? newestOf(log) : undefined;
      if (newest !== undefined && newest > Date.parse(at) + toleranceMilliseconds)
        report.detail = `does not apply: a record was sealed at ${new Date(newest).toISOString()}, after it`;
    }
  }

  /** Those that count, oldest first. */
  counted(): StatementReport[] {
    return [...this.#counted.values()].toSorted(
      (a, b) => Date.parse(a.statement.at) - Date.parse(b.statement.at) || (a.id < b.id ? -1 : 1),
    );
  }

  #isFuture(report: StatementReport, now: Date): boolean {
    if (Date.parse(report.statement.at) <= now.getTime() + toleranceMilliseconds) return false;
    report.detail = 'does not apply yet: its time is in the future';
    return true;
  }

  #reject(id: string, reason: string, why = reason): void {
    this.void.count += 1;
    this.void.reasons[reason] = (this.void.reasons[reason] ?? 0) + 1;
    if (this.void.sample.length < voidSampleMax) this.void.sample.push({ id, why });
  }
}

/** Nobody can have looked into what was sealed later than he signed. */
function doesExcuse(statement: Statement, { finding, origin, batch, sealedAt }: Finding): boolean {
  if (origin === undefined || sealedAt === undefined) return false;
  if (Date.parse(sealedAt) > Date.parse(statement.at) + toleranceMilliseconds) return false;
  if (statement.kind === 'retire') return finding === 'ends early' && logName(origin) === statement.log;
  if (origin !== statement.log) return false;
  const { batches } = statement;
  if (!batches) return finding === 'unlinked epoch';
  return ofBatches.has(finding) && batch !== undefined && batch >= batches.first && batch <= batches.last;
}

function excuseOf({ id, operator, statement: { kind, at, why } }: StatementReport): Excuse {
  return { by: kind === 'retire' ? 'retired' : 'acknowledged', operator, at, why, id };
}
