import { isUtf8 } from 'node:buffer';
import {
  logIdOf,
  openNote,
  parseStatement,
  parseVerifierKey,
  SealError,
  statementDocumentId,
} from '../../seal/index.ts';
import type { Statement, VerifierKey } from '../../seal/index.ts';
import type { TrustFile } from '../../trust/index.ts';
import type { Excuse, Finding } from '../finding.ts';
import type { LogChain } from './log.ts';
import { noteOf } from './notes.ts';
import { conflictOf, isSealedAfter } from './conflict.ts';
import type { StoredDocument } from '../streams.ts';
import { toleranceMilliseconds } from '../time.ts';

/** A statement that a known operator signed, and what came of it. */
export interface StatementReport {
  /** `_id` of its document. */
  id: string;
  /** Name of the operator's key. */
  operator: string;
  statement: Statement;
  /** How many findings it excuses; of one that erases, how many events are gone by it. */
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
const ofBatches: ReadonlySet<string> = new Set(['gap', 'silent', 'incoherent', 'begins late', 'clock back']);

/** The operators' statements in the record stream (docs/seal-format.md §8.2, §8.4). Only what they signed takes space. */
export class Statements {
  readonly void: VoidStatements = { count: 0, reasons: {}, sample: [] };
  /** By log id of their keys. */
  readonly #signers: ReadonlyMap<string, Signer>;
  readonly #trusting: boolean;
  readonly #counted = new Map<string, StatementReport>();

  /** Those of a trust file's operators and erasers; undefined where there is none. */
  constructor(trust: Pick<TrustFile, 'operators' | 'erasers'> | undefined) {
    this.#trusting = trust !== undefined;
    const { operators = [], erasers = [] } = trust ?? {};
    this.#signers = new Map(
      [...operators, ...erasers].map((vkey) => [
        logIdOf(vkey),
        {
          key: parseVerifierKey(vkey),
          mayExcuse: operators.includes(vkey),
          mayErase: erasers.includes(vkey),
        },
      ]),
    );
  }

  /** Takes a document that has the `_id` of a statement. */
  take({ id, source }: StoredDocument): void {
    if (this.#counted.has(id)) return;
    const signer = this.#signers.get(id.split('-')[0]!);
    if (!signer) {
      this.#reject(
        id,
        this.#trusting ? 'of no operator of the trust file' : 'no trust file names an operator',
      );
      return;
    }
    try {
      // Else it might be another note that was signed, with U+FFFD in its place.
      const note = isUtf8(source) ? noteOf(source)?.note : undefined;
      const { key } = signer;
      const text = openNote(note ?? '', key);
      const statement = parseStatement(text);
      if (statementDocumentId(key.text, text) !== id) this.#reject(id, 'its _id is not the one of its note');
      else if (!mayMake(signer, statement))
        this.#reject(id, 'of one whom the trust file does not let say so');
      else this.#counted.set(id, { id, operator: key.name, statement, excuses: 0 });
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      this.#reject(id, error.code === 'bad-statement' ? 'no statement' : 'not signed', error.message);
    }
  }

  /** Marks what they excuse among the findings of the records, and says of each what it is good for. */
  apply(findings: readonly Finding[], logs: ReadonlyMap<string, LogChain>, now: Date): void {
    for (const report of this.counted()) {
      const { statement } = report;
      const conflict = conflictOf(statement, logs);
      if (isFuture(statement, now)) report.detail = 'does not apply yet: its time is in the future';
      else if (conflict !== undefined) report.detail = `does not apply: ${conflict}`;
    }
    const reports = this.applicable();
    for (const finding of findings) {
      const report = reports.find(({ statement }) => doesExcuse(statement, finding));
      if (!report) continue;
      report.excuses += 1;
      finding.excuse = excuseOf(report);
    }
  }

  /** Those that have an effect; call after {@link apply}. */
  applicable(): StatementReport[] {
    return this.counted().filter(({ detail }) => detail === undefined);
  }

  /** Those that count, oldest first. */
  counted(): StatementReport[] {
    return [...this.#counted.values()].toSorted(
      (a, b) => Date.parse(a.statement.at) - Date.parse(b.statement.at) || (a.id < b.id ? -1 : 1),
    );
  }

  #reject(id: string, reason: string, why = reason): void {
    this.void.count += 1;
    this.void.reasons[reason] = (this.void.reasons[reason] ?? 0) + 1;
    if (this.void.sample.length < voidSampleMax) this.void.sample.push({ id, why });
  }
}

function isFuture({ at }: Statement, now: Date): boolean {
  return Date.parse(at) > now.getTime() + toleranceMilliseconds;
}

interface Signer {
  key: VerifierKey;
  mayExcuse: boolean;
  mayErase: boolean;
}

/** Who may acknowledge gaps may not therefore erase (docs/seal-format.md §6). */
function mayMake({ mayExcuse, mayErase }: Signer, { kind }: Statement): boolean {
  return kind === 'retention' || kind === 'erase' ? mayErase : mayExcuse;
}

/** Whether a statement that nothing in the logs speaks against is about this finding. */
export function doesExcuse(
  statement: Statement,
  { finding, origin, batch, sealedAt }: Pick<Finding, 'finding' | 'origin' | 'batch' | 'sealedAt'>,
): boolean {
  if (origin !== statement.log || sealedAt === undefined || isSealedAfter(statement, Date.parse(sealedAt)))
    return false;
  if (statement.kind === 'retention' || statement.kind === 'erase') return false;
  if (statement.kind === 'retire') return finding === 'ends early' && batch === statement.last;
  if ('after' in statement) return finding === 'unlinked epoch';
  const { first, last } = statement.batches;
  return ofBatches.has(finding) && batch !== undefined && batch >= first && batch <= last;
}

function excuseOf({ id, operator, statement: { kind, at, why } }: StatementReport): Excuse {
  return { by: kind === 'retire' ? 'retired' : 'acknowledged', operator, at, why, id };
}
