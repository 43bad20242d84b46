import { indexesText } from '../../seal/index.ts';
import type { Statement } from '../../seal/index.ts';
import type {
  Finding,
  LogSummary,
  News,
  Progress,
  ReadPart,
  Summary,
  TimeRange,
} from '../../verify/index.ts';
import { printable } from '../../json/index.ts';
import { withoutSecrets, wrapped } from '../terminal/text.ts';
import { describeKept } from './kept.ts';

export interface Scope {
  urls: readonly string[];
  namespace: string;
  time: TimeRange | undefined;
  /** What `--until` said, if that was later than now. */
  until?: string | undefined;
  trustFile: string | undefined;
  /** Of which there are events that were not read. */
  otherNamespaces: readonly string[];
  /** Whether the mappings that a time range rests on could be read. */
  isMappingRead: boolean;
}

/** One line that names the log, the event's index and id, and the batch; for an excused finding also who excused it and why. */
export function findingLine({ finding, origin, index, batch, id, detail, excuse }: Finding): string {
  const place = [
    ...(origin === undefined || origin === '' ? [] : [origin]),
    ...(index === undefined ? [] : [`index ${index}`]),
    ...(batch === undefined ? [] : [`batch ${batch}`]),
    ...(id === undefined ? [] : [`id ${id}`]),
  ];
  const said = detail === undefined ? '' : ` (${detail})`;
  const why = excuse ? `; by ${excuse.operator} at ${excuse.at}: ${excuse.why}` : '';
  return printable(`${excuse ? `${excuse.by} ` : ''}${finding}: ${place.join(', ')}${said}${why}`);
}

/** How much was read so far. Many notes and few records mean that somebody floods the record stream. */
export function describeProgress({ records, notes, documents }: Progress): string {
  return `${records} records, ${notes} notes and ${documents} events read`;
}

/** Columns of a paragraph. */
const columns = 100;
const indent = '  ';

/** The report below the findings. It ends with the verdict: in plain words, then on one line. */
export function describeSummary(
  summary: Summary,
  scope: Scope,
  news: News | undefined,
  words: string,
): string[] {
  return [
    `checked: ${rangeOf(scope)} of namespace ${scope.namespace} at ${scope.urls.map(withoutSecrets).join(', ')}, as of ${summary.now}`,
    `keys: ${keysOf(summary, scope)}`,
    ...describeTaken(summary),
    ...describeUnread(scope),
    ...summary.coverage.flatMap(describeCoverage),
    ...summary.logs.flatMap((log) => [describeLog(log), ...describeChanges(log), ...describeDrift(log)]),
    ...describePolicies(summary),
    `records: ${summary.records} read, ${summary.batches} batches valid${some(summary.recordCopies, 'copies')}`,
    `events: ${summary.documents} documents read, ${summary.events} as sealed${some(summary.refused, 'of them in refused form')}` +
      `${some(summary.copies, 'copies')}${some(summary.expired, 'expired')}${some(summary.erased, 'erased')}${some(summary.notYetRecorded, 'not yet recorded')}`,
    ...describeParts(summary),
    ...describeBefore(summary),
    ...describeStatements(summary),
    ...describeKept(summary),
    ...describeUnknown(summary),
    `times: ${summary.firstEvent === undefined ? 'no event' : `first event ${summary.firstEvent}, last event ${summary.lastEvent}`}`,
    // Indented, so that no word in it, which an operator or a server may have chosen, begins a line that passes for the verdict.
    ...wrapped(printable(`in plain words: ${words}`), columns - indent.length).map((line, i) =>
      i === 0 ? line : `${indent}${line}`,
    ),
    `verdict: ${verdictLine(summary, news)}`,
  ].map(printable);
}

function rangeOf({ time, until }: Scope): string {
  if (!time) return 'everything';
  const cut = until === undefined ? '' : ` (now: --until ${until} has not come yet)`;
  return `${new Date(time.since).toISOString()} to ${new Date(time.until).toISOString()}${cut}`;
}

/** That a line names: there may be one for every team. */
const namespacesMax = 20;

function describeUnread({ otherNamespaces, isMappingRead }: Scope): string[] {
  return [
    ...(otherNamespaces.length > 0
      ? [
          `not read: events of ${otherNamespaces.length} other namespaces: ${otherNamespaces.slice(0, namespacesMax).join(', ')}` +
            `${otherNamespaces.length > namespacesMax ? ' and more' : ''} (--namespace may be given several times)`,
        ]
      : []),
    ...(isMappingRead
      ? []
      : [
          'fields: the mappings could not be read, so that a runtime field laid over a time would not show; the key needs view_index_metadata',
        ]),
  ];
}

/** What is gone by somebody's word, before all else: who, how many, why. */
function describeTaken({ statements: { counted } }: Summary): string[] {
  return counted.flatMap(({ statement, operator, excuses }) => {
    if (excuses === 0 || (statement.kind !== 'erase' && statement.kind !== 'retention')) return [];
    const how = statement.kind === 'erase' ? 'erased' : `gone after ${statement.days} days`;
    return [
      `${how}: ${excuses} events of ${statement.log}, by ${operator} at ${statement.at}: ${statement.why}`,
    ];
  });
}

function describeCoverage({ cluster, begins, isLate, joined }: Summary['coverage'][number]): string[] {
  return [
    ...(isLate
      ? [`covered: cluster ${cluster} from ${begins} on, when its first log begins, and not before`]
      : []),
    ...joined.map(({ name, begins: at }) => `joined: ${name} at ${at}, later than others of its cluster`),
  ];
}

function keysOf({ trusted }: Summary, { trustFile }: Scope): string {
  if (trusted) return `from ${trustFile}, and what its keys name`;
  return 'taken from the log itself, since no trust file was given: whoever can write to Elasticsearch could have made them up';
}

function describeLog(log: LogSummary): string {
  const { origin, batches, firstBatch, lastBatch, size, keyFrom, newestBatch, newestSealedAt } = log;
  const range = batches === 0 ? 'no batch' : `batches ${firstBatch} to ${lastBatch} (${batches})`;
  const times = log.firstEvent === undefined ? '' : `, events from ${log.firstEvent} to ${log.lastEvent}`;
  const newest =
    newestSealedAt === undefined ? '' : `, newest record ${newestSealedAt} (batch ${newestBatch})`;
  return `log: ${origin}: ${range}, size ${size}${times}${newest}, key from ${keyFrom}`;
}

function describeChanges({ origin, changes, changesTotal }: LogSummary): string[] {
  const more = changesTotal - changes.length;
  return [
    ...changes.map(
      ({ what, batch, sealedAt, from, to }) =>
        `change: ${origin}: ${what} from ${from} to ${to} at batch ${batch}, ${sealedAt}`,
    ),
    ...(more > 0 ? [`change: ${origin}: and ${more} more`] : []),
  ];
}

/** What decides what gets logged, as the agent saw it: the newest of what is not as it should be. */
function describeDrift({ origin, drift, driftTotal }: LogSummary): string[] {
  const more = driftTotal - drift.length;
  return [
    ...(more > 0 ? [`drift: ${origin}: ${more} earlier ones`] : []),
    ...drift.map(
      ({ check, state, found, expected, changes, batch, sealedAt }) =>
        `drift: ${origin}: ${check} (${state}): ${found}; expected ${expected}${changes.length === 0 ? '' : `; ${changes.join('; ')}`}; at batch ${batch}, ${sealedAt}`,
    ),
  ];
}

/** Of one cluster, nodes whose apiservers have another audit policy file than the others. */
function describePolicies({ logs }: Summary): string[] {
  const told = logs.flatMap(({ origin, auditPolicy }) =>
    auditPolicy === undefined ? [] : [{ cluster: origin.split('/', 1)[0]!, origin, auditPolicy }],
  );
  return [...Map.groupBy(told, ({ cluster }) => cluster)].flatMap(([cluster, all]) => {
    // Of several epochs of a log the newest counts; origins are in order.
    const newest = new Map(all.map((one) => [one.origin.split('/').slice(0, 3).join('/'), one]));
    const policies = Map.groupBy(newest.values(), ({ auditPolicy }) => auditPolicy);
    if (policies.size < 2) return [];
    const texts = [...policies].map(
      ([policy, of]) => `${policy} on ${of.map(({ origin }) => origin).join(', ')}`,
    );
    return [`drift: cluster ${cluster}: audit policies differ: ${texts.join('; ')}`];
  });
}

function describeUnknown({ ofLaterVersion, unknownNotices }: Summary): string[] {
  const notices = Object.entries(unknownNotices).map(([kind, count]) => `${count} ${kind}`);
  return [
    ...(ofLaterVersion > 0
      ? [`of a later version: ${ofLaterVersion} documents of the record stream, which count for nothing here`]
      : []),
    ...(notices.length > 0 ? [`notices of a later version: ${notices.join(', ')}`] : []),
  ];
}

function describeParts({ parts = [] }: Summary): string[] {
  return parts.map(
    ({ logs, documents, from, to }, at) =>
      `part: ${at + 1} of ${parts.length}: ${logs} logs, ${documents} documents, read from ${from} to ${to}`,
  );
}

/** Parts that are named one by one. */
const partsMax = 20;

function describeBefore({ readBefore = [] }: Summary): string[] {
  const more = readBefore.length - partsMax;
  return [
    ...readBefore
      .slice(0, partsMax)
      .map(
        ({ origin, firstBatch, lastBatch, events, readFrom, readTo }) =>
          `read before: ${origin}: batches ${firstBatch} to ${lastBatch}, ${events} documents, read from ${readFrom} to ${readTo}`,
      ),
    ...(more > 0 ? [`read before: and ${more} more parts`] : []),
  ];
}

function describeStatements({ statements: { counted, void: none } }: Summary): string[] {
  if (counted.length + none.count === 0) return [];
  const reasons = Object.entries(none.reasons).map(([reason, count]) => `${count} ${reason}`);
  return [
    `statements: ${counted.length} count${none.count === 0 ? '' : `, ${none.count} count for nothing: ${reasons.join(', ')}`}`,
    ...counted.map(
      ({ id, operator, statement, excuses, detail }) =>
        `statement: ${id}: ${meaningOf(statement)}, by ${operator} at ${statement.at}: ${statement.why}; ${detail ?? effect(statement, excuses)}`,
    ),
    ...none.sample.map(({ id, why }) => `no statement: ${id}: ${why}`),
  ];
}

function effect({ kind }: Statement, count: number): string {
  return kind === 'erase' || kind === 'retention' ? `${count} events are gone by it` : `excuses ${count}`;
}

/** What a statement says, in a few words. */
export function meaningOf(statement: Statement): string {
  const { kind, log } = statement;
  if (kind === 'retire') return `retire ${log}, whose last batch is ${statement.last}`;
  if ('after' in statement)
    return `acknowledge that nothing links ${log} to ${statement.after}, whose last batch is ${statement.last}`;
  if (kind === 'erase') return `erase ${log}, indexes ${indexesText(statement.indexes)}`;
  if (kind === 'retention')
    return `${log}, batches ${statement.batches.first} to ${statement.batches.last}, may be gone after ${statement.days} days`;
  return `acknowledge ${log}, batches ${statement.batches.first} to ${statement.batches.last}`;
}

function some(count: number, what: string): string {
  return count === 0 ? '' : `, ${count} ${what}`;
}

/** The verdict with the counts that make it, or what was in the way. */
export function verdictLine(summary: Summary, news?: News): string {
  const { verdict, findings, excused, obstacle, coverage, erased } = summary;
  const counts = Object.entries(findings).map(([kind, count]) => `${count} ${kind}`);
  const known = Object.entries(excused).flatMap(([by, count]) => (count > 0 ? [`${count} ${by}`] : []));
  const late = coverage.flatMap(({ cluster, begins, isLate }) =>
    isLate ? [`cluster ${cluster} from ${begins} on`] : [],
  );
  const parts = [
    ...(summary.trustNamesNone ? ['the trust file names none of the logs that are there'] : []),
    ...(obstacle === undefined ? [] : [obstacle]),
    ...counts,
    ...known,
    ...(erased > 0 ? [`${erased} erased`] : []),
    ...late,
    ...(news ? [newsPart(news)] : []),
    ...beforePart(summary),
  ];
  return parts.length === 0 ? verdict : `${verdict}: ${parts.join(', ')}`;
}

/** That the verdict rests on what an interrupted run read, too. */
function beforePart({ readBefore = [] }: Summary): string[] {
  if (readBefore.length === 0) return [];
  const events = readBefore.reduce((sum, part) => sum + part.events, 0);
  const { from, to } = spanOfReading(readBefore);
  return [`${events} events read before, from ${from} to ${to}`];
}

/** RFC 3339 in UTC, which sorts as text. */
export function spanOfReading(parts: readonly ReadPart[]): { from: string; to: string } {
  return {
    from: parts.map(({ readFrom }) => readFrom).toSorted()[0]!,
    to: parts
      .map(({ readTo }) => readTo)
      .toSorted()
      .at(-1)!,
  };
}

function newsPart({ total, isAtLeast }: News): string {
  return `${isAtLeast ? 'at least ' : ''}${total} new`;
}
