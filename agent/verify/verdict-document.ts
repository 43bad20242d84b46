import { ecsVersion } from '../observe/index.ts';
import { logName, parseOrigin } from '../seal/index.ts';
import { findingKinds, identityOf } from './finding.ts';
import type { Finding, FindingKind } from './finding.ts';
import type { News } from './known.ts';
import type { LogSummary, Summary } from './summary.ts';
import type { Verdict } from './verdict.ts';
import type { TimeRange } from './elasticsearch/queries.ts';

/** Whoever can write documents can make any number of findings and logs: a verdict stays below 600 KiB, and is a few without findings. */
export const sampleMax = 20;
const logsMax = 200;
const clustersMax = 50;
const charsMax = 1000;

/** One verification, as it went. */
export interface Verification {
  /** A UUID. */
  id: string;
  namespace: string;
  startedAt: Date;
  endedAt: Date;
  verdict: Verdict;
  exitCode: number;
  /** The verdict in a line, with counts or the reason. */
  message: string;
  /** The part of time that was asked for; undefined for the whole log. */
  time: TimeRange | undefined;
  /** Absent where it came to no end. */
  summary: Summary | undefined;
  /** Findings that nothing excuses, of which the first {@link sampleMax} are written down. */
  sample: readonly Finding[];
  /** By kind, the identities of such findings, as {@link FindingSample} keeps them. */
  identities: ReadonlyMap<FindingKind, readonly string[]>;
  /** Since which verdict findings are called new; undefined where none was given: then all are. */
  known: { at: string | undefined; news: News } | undefined;
  host: string;
  version: string;
}

/**
 * The verdict as a document of `logs-auditseal.verify-<namespace>`, one line (ship/templates/verdicts.ts has its mapping). Counts
 * are there with 0, so that `findings.missing: 0` is a statement; without an end there are none, since nothing was counted.
 */
export function verdictDocument(verification: Verification): Buffer {
  const { id, namespace, startedAt, endedAt, verdict, exitCode, message, summary, host, version } =
    verification;
  const clusters = [...new Set((summary?.logs ?? []).map(({ origin }) => parseOrigin(origin).cluster))];
  const document = {
    '@timestamp': endedAt.toISOString(),
    data_stream: { type: 'logs', dataset: 'auditseal.verify', namespace },
    ecs: { version: ecsVersion },
    message: cut(message),
    event: {
      kind: 'state',
      category: ['intrusion_detection'],
      type: ['info'],
      action: 'verify',
      outcome: { 0: 'success', 2: 'unknown' }[exitCode] ?? 'failure',
      reason: verdict,
      id,
      dataset: 'auditseal.verify',
      module: 'auditseal',
      provider: 'auditseal',
      start: startedAt.toISOString(),
      end: endedAt.toISOString(),
      // ECS: nanoseconds.
      duration: (endedAt.getTime() - startedAt.getTime()) * 1_000_000,
    },
    ...(exitCode === 2 && { error: { message: cut(message) } }),
    host: { name: host, hostname: host },
    agent: { name: 'auditseal', type: 'auditseal', version },
    orchestrator: { type: 'kubernetes', cluster: { name: clusters.slice(0, clustersMax) } },
    auditseal: {
      verify: { v: 1, verdict, exit_code: exitCode, ...scopeOf(verification), ...resultOf(verification) },
    },
  };
  return Buffer.from(JSON.stringify(document));
}

function scopeOf({ time, summary }: Verification): object {
  const range = time && { from: new Date(time.since).toISOString(), to: new Date(time.until).toISOString() };
  return { scope: time ? 'range' : 'whole', ...range, ...(summary && { as_of: summary.now }) };
}

function resultOf({ summary, sample, identities, known }: Verification): object {
  const found = {
    sample: sample.slice(0, sampleMax).map(sampled),
    identities: Object.fromEntries([...identities].map(([kind, list]) => [nameOf(kind), list])),
  };
  if (!summary) return found;
  const { findings, excused, statements, logs } = summary;
  const total = Object.values(findings).reduce((sum, count) => sum + count, 0);
  const news: News = known?.news ?? { total, findings, isAtLeast: false };
  const newest = newestRecords(logs);
  return {
    trusted: summary.trusted,
    records: summary.records,
    batches: summary.batches,
    record_copies: summary.recordCopies,
    documents: summary.documents,
    events: summary.events,
    refused: summary.refused,
    copies: summary.copies,
    expired: summary.expired,
    erased: summary.erased,
    not_yet_recorded: summary.notYetRecorded,
    ...(summary.firstEvent !== undefined && {
      first_event: summary.firstEvent,
      last_event: summary.lastEvent,
    }),
    findings_total: total,
    findings: countsOf(findings),
    new_total: news.total,
    new_findings: countsOf(news.findings),
    new_is_at_least: news.isAtLeast,
    ...(known?.at !== undefined && { known_as_of: known.at }),
    excused,
    statements: { counted: statements.counted.length, void: statements.void.count },
    ...found,
    logs_total: logs.length,
    ...(newest.length > 0 && { oldest_newest_record: newest[0] }),
    logs: latest(logs).map(({ origin, keyFrom, batches, size, newestSealedAt }) => ({
      origin,
      key_from: keyFrom,
      batches,
      size,
      ...(newestSealedAt !== undefined && { newest_record: newestSealedAt }),
    })),
  };
}

function countsOf(counts: Partial<Record<FindingKind, number>>): object {
  return Object.fromEntries(findingKinds.map((kind) => [nameOf(kind), counts[kind] ?? 0]));
}

/** As a member's name: `bad_signature`. */
function nameOf(kind: FindingKind): string {
  return kind.replaceAll(' ', '_');
}

function sampled(sample: Finding): object {
  const { finding, origin, index, batch, id, detail } = sample;
  return {
    finding,
    identity: identityOf(sample),
    ...(origin !== undefined && { origin: cut(origin) }),
    ...(index !== undefined && { index }),
    ...(batch !== undefined && { batch }),
    ...(id !== undefined && { id: cut(id) }),
    ...(detail !== undefined && { detail: cut(detail) }),
  };
}

/** When the newest epoch of each (cluster, node, source) was last heard of, the longest ago first. */
function newestRecords(logs: readonly LogSummary[]): string[] {
  const byName = Map.groupBy(
    logs.filter(({ newestSealedAt }) => newestSealedAt !== undefined),
    ({ origin }) => logName(origin),
  );
  return [...byName.values()]
    .map((epochs) => epochs.toSorted((a, b) => (a.origin < b.origin ? -1 : 1)).at(-1)!.newestSealedAt!)
    .toSorted();
}

/** Those that were heard of last. */
function latest(logs: readonly LogSummary[]): LogSummary[] {
  return logs.toSorted((a, b) => (heardOf(a) < heardOf(b) ? 1 : -1)).slice(0, logsMax);
}

function heardOf({ newestSealedAt }: LogSummary): string {
  return newestSealedAt ?? '';
}

/** Names and details may be what a forger wrote. */
function cut(text: string): string {
  return text.slice(0, charsMax).toWellFormed();
}
