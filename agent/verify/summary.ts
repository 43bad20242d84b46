import type { KeptReport } from './records/kept-roots.ts';
import type { DocumentResults } from './events/documents.ts';
import type { FindingKind } from './finding.ts';
import type { Coverage } from './records/coverage.ts';
import type { DriftSaid } from './records/drift-notices.ts';
import type { SettingChange } from './records/settings.ts';
import type { KeySource } from './records/keys.ts';
import { timeOf } from './records/link.ts';
import type { RecordReading } from './records/records.ts';
import { widen } from './time.ts';
import type { Span } from './time.ts';
import { exitCodes, verdictOf } from './verdict.ts';
import type { Verdict } from './verdict.ts';
import type { StatementReport, VoidStatements } from './records/statements.ts';
import type { VerifyOptions } from './options.ts';
import type { ReadPart } from './read-part.ts';

export interface LogSummary {
  origin: string;
  /** What its manifests say of what decides what gets logged, where that is not as it should be: the newest. */
  drift: readonly DriftSaid[];
  driftTotal: number;
  /** The apiserver's audit policy as it was said last: `sha256:<hex>, <count> rules`. */
  auditPolicy?: string;
  /** Of policy, configuration and settings, the first of them. */
  changes: readonly SettingChange[];
  changesTotal: number;
  vkey: string;
  keyFrom: KeySource;
  /** Valid records in the range, and the least and greatest of their numbers. */
  batches: number;
  firstBatch?: number;
  lastBatch?: number;
  /** Tree size of the newest valid record. */
  size: number;
  /** Least and greatest `@timestamp` that the manifests in the range name. */
  firstEvent?: string;
  lastEvent?: string;
  /** Number of the newest valid record, in the range or not, and when it was sealed, RFC 3339. */
  newestBatch?: number;
  newestSealedAt?: string;
}

/** A group of logs whose events were read beside those of others. */
export interface PartRead {
  logs: number;
  /** Of the events stream. */
  documents: number;
  /** RFC 3339: when its reading began and ended. */
  from: string;
  to: string;
}

/** What was checked and what came of it. */
export interface Summary {
  verdict: Verdict;
  exitCode: number;
  /** Why something could not be checked. */
  obstacle?: string;
  /** RFC 3339: the time as of which it was judged. */
  now: string;
  /** Whether every key follows from a trust file; else keys were taken from the log itself. */
  trusted: boolean;
  /** Whether there are logs, and the trust file names none of them: it may be that of another namespace or cluster. */
  trustNamesNone: boolean;
  /** Of a time range, by cluster. */
  coverage: Coverage[];
  logs: LogSummary[];
  /** Documents of the record stream taken for records, and the valid ones among them. */
  records: number;
  batches: number;
  recordCopies: number;
  /** Documents of the events stream. */
  documents: number;
  /** Groups of logs that were read beside one another, if any were. */
  parts?: readonly PartRead[];
  /** What an interrupted run had read, and this one did not read again. */
  readBefore?: readonly ReadPart[];
  /** Events found as they were sealed, those in refused form included. */
  events: number;
  refused: number;
  copies: number;
  expired: number;
  /** Those that somebody who may has signed away. */
  erased: number;
  notYetRecorded: number;
  firstEvent?: string;
  lastEvent?: string;
  findings: Partial<Record<FindingKind, number>>;
  /** What operators' statements excuse: counted here, and not among the findings. */
  excused: Excused;
  /** Documents of the record stream that only a later version of the format gives a meaning. */
  ofLaterVersion: number;
  /** Notices of kinds that this version does not know, by kind. */
  unknownNotices: Record<string, number>;
  statements: { counted: StatementReport[]; void: VoidStatements };
  /** Up to where history is fixed by what others have kept, where somebody asked for it; and what was time-stamped. */
  kept?: KeptReport;
}

export interface Excused {
  acknowledged: number;
  retired: number;
}

/** What both passes came to. */
export interface Judged {
  reading: RecordReading;
  coverage: Coverage[];
  results: DocumentResults;
  documents: number;
  /** Undefined where all was read one after the other. */
  parts: readonly PartRead[] | undefined;
  readBefore: readonly ReadPart[];
  counts: ReadonlyMap<FindingKind, number>;
  excused: Excused;
  obstacle: string | undefined;
  kept: KeptReport | undefined;
  options: VerifyOptions;
}

export function summarize(judged: Judged): Summary {
  const {
    reading,
    coverage,
    results,
    documents,
    parts,
    readBefore,
    counts,
    excused,
    obstacle,
    kept,
    options,
  } = judged;
  const verdict = verdictOf(counts, obstacle);
  const events: Span = {};
  for (const log of reading.logs.values()) widen(events, log.events.first, log.events.last);
  const logs = reading.keys
    .origins()
    .toSorted()
    .map((origin) => summarizeLog(origin, reading));
  return {
    verdict,
    exitCode: exitCodes[verdict],
    ...(obstacle !== undefined && { obstacle }),
    now: options.now.toISOString(),
    trusted: reading.keys.trusting,
    trustNamesNone: reading.isStrangeToTrust,
    coverage,
    logs,
    records: reading.records,
    batches: logs.reduce((sum, log) => sum + log.batches, 0),
    recordCopies: [...reading.logs.values()].reduce((sum, { copies }) => sum + copies, 0),
    documents,
    ...(parts && { parts }),
    ...(readBefore.length > 0 && { readBefore }),
    events: results.counts.ok,
    refused: results.counts.refused,
    copies: results.counts.copies,
    expired: results.problems.expired,
    erased: results.problems.erased,
    notYetRecorded: [...results.uncovered.notYetRecorded.values()].reduce((a, b) => a + b, 0),
    ...(events.first !== undefined && { firstEvent: events.first }),
    ...(events.last !== undefined && { lastEvent: events.last }),
    findings: Object.fromEntries(counts),
    excused,
    ofLaterVersion: reading.ofLaterVersion,
    unknownNotices: reading.unknownNotices.counts(),
    statements: { counted: reading.statements.counted(), void: reading.statements.void },
    ...(kept && { kept }),
  };
}

function summarizeLog(origin: string, { keys, logs }: RecordReading): LogSummary {
  const { key, source } = keys.of(origin)[0]!;
  const log = logs.get(origin);
  const changes = {
    changes: log?.settings.list ?? [],
    changesTotal: log?.settings.count ?? 0,
    drift: log?.drift.list ?? [],
    driftTotal: log?.drift.count ?? 0,
    ...(log?.drift.policy !== undefined && { auditPolicy: log.drift.policy }),
  };
  const base = {
    origin,
    ...changes,
    vkey: key.text,
    keyFrom: source,
    batches: log?.batches ?? 0,
    size: log?.size ?? 0,
  };
  const { firstBatch: first, lastBatch: last } = log ?? {};
  return {
    ...base,
    ...(first !== undefined && { firstBatch: first }),
    ...(last !== undefined && { lastBatch: last }),
    ...(log?.events.first !== undefined && { firstEvent: log.events.first }),
    ...(log?.events.last !== undefined && { lastEvent: log.events.last }),
    ...(log?.newest && { newestBatch: log.newest.batch, newestSealedAt: timeOf(log.newest) }),
  };
}
