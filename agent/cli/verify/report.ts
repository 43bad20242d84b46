import type { Statement } from '../../seal/index.ts';
import type { Finding, LogSummary, Progress, Summary, TimeRange } from '../../verify/index.ts';
import { printable } from '../../json/index.ts';
import { withoutSecrets } from '../terminal/text.ts';

export interface Scope {
  urls: readonly string[];
  namespace: string;
  time: TimeRange | undefined;
  trustFile: string | undefined;
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

/** The report below the findings; its last line is the verdict. */
export function describeSummary(summary: Summary, scope: Scope): string[] {
  return [
    `checked: ${rangeOf(scope)} of namespace ${scope.namespace} at ${scope.urls.map(withoutSecrets).join(', ')}, as of ${summary.now}`,
    `keys: ${keysOf(summary, scope)}`,
    ...summary.logs.map(describeLog),
    `records: ${summary.records} read, ${summary.batches} batches valid${some(summary.recordCopies, 'copies')}`,
    `events: ${summary.documents} documents read, ${summary.events} as sealed${some(summary.refused, 'of them in refused form')}` +
      `${some(summary.copies, 'copies')}${some(summary.expired, 'expired')}${some(summary.notYetRecorded, 'not yet recorded')}`,
    ...describeStatements(summary),
    `times: ${summary.firstEvent === undefined ? 'no event' : `first event ${summary.firstEvent}, last event ${summary.lastEvent}`}`,
    'not detectable: what was removed on the node before it was read, and what a thief of the current key signs; see docs/threat-model.md',
    `verdict: ${verdictLine(summary)}`,
  ].map(printable);
}

function rangeOf({ time }: Scope): string {
  if (!time) return 'everything';
  return `${new Date(time.since).toISOString()} to ${new Date(time.until).toISOString()}`;
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

function describeStatements({ statements: { counted, void: none } }: Summary): string[] {
  if (counted.length + none.count === 0) return [];
  const reasons = Object.entries(none.reasons).map(([reason, count]) => `${count} ${reason}`);
  return [
    `statements: ${counted.length} count${none.count === 0 ? '' : `, ${none.count} count for nothing: ${reasons.join(', ')}`}`,
    ...counted.map(
      ({ id, operator, statement, excuses, detail }) =>
        `statement: ${id}: ${meaningOf(statement)}, by ${operator} at ${statement.at}: ${statement.why}; ${detail ?? `excuses ${excuses}`}`,
    ),
    ...none.sample.map(({ id, why }) => `no statement: ${id}: ${why}`),
  ];
}

/** The meaning of a statement in a few words. */
export function meaningOf(statement: Statement): string {
  const { kind, log } = statement;
  if (kind === 'retire') return `retire ${log}, whose last batch is ${statement.last}`;
  if ('after' in statement)
    return `acknowledge that nothing links ${log} to ${statement.after}, whose last batch is ${statement.last}`;
  return `acknowledge ${log}, batches ${statement.batches.first} to ${statement.batches.last}`;
}

function some(count: number, what: string): string {
  return count === 0 ? '' : `, ${count} ${what}`;
}

/** The verdict with the counts that lead to it, or why there is none. */
export function verdictLine({ verdict, findings, excused, obstacle }: Summary): string {
  const counts = Object.entries(findings).map(([kind, count]) => `${count} ${kind}`);
  const known = Object.entries(excused).flatMap(([by, count]) => (count > 0 ? [`${count} ${by}`] : []));
  const parts = [...(obstacle === undefined ? [] : [obstacle]), ...counts, ...known];
  return parts.length === 0 ? verdict : `${verdict}: ${parts.join(', ')}`;
}
