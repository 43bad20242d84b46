import type { Finding, LogSummary, Summary } from '../seal/verify/index.ts';
import type { TimeRange } from '../verify/index.ts';
import { printable, withoutSecrets } from './text.ts';

export interface Scope {
  urls: readonly string[];
  namespace: string;
  time: TimeRange | undefined;
  trustFile: string | undefined;
}

/** One line that names the log, the event's index and id, and the batch. */
export function findingLine({ finding, origin, index, batch, id, detail }: Finding): string {
  const place = [
    ...(origin === undefined || origin === '' ? [] : [origin]),
    ...(index === undefined ? [] : [`index ${index}`]),
    ...(batch === undefined ? [] : [`batch ${batch}`]),
    ...(id === undefined ? [] : [`id ${id}`]),
  ];
  return printable(`${finding}: ${place.join(', ')}${detail === undefined ? '' : ` (${detail})`}`);
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
    `times: ${summary.firstEvent === undefined ? 'no event' : `first event ${summary.firstEvent}, last event ${summary.lastEvent}`}`,
    'not detectable: what was removed on the node before it was read, and what a thief of the current key signs; see docs/threat-model.md',
    `verdict: ${summary.verdict}${verdictDetail(summary)}`,
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
  const { origin, batches, firstBatch, lastBatch, size, keyFrom, newestSealedAt } = log;
  const range = batches === 0 ? 'no batch' : `batches ${firstBatch} to ${lastBatch} (${batches})`;
  const times = log.firstEvent === undefined ? '' : `, events from ${log.firstEvent} to ${log.lastEvent}`;
  const newest = newestSealedAt === undefined ? '' : `, newest record ${newestSealedAt}`;
  return `log: ${origin}: ${range}, size ${size}${times}${newest}, key from ${keyFrom}`;
}

function some(count: number, what: string): string {
  return count === 0 ? '' : `, ${count} ${what}`;
}

function verdictDetail({ findings, obstacle }: Summary): string {
  const counts = Object.entries(findings).map(([kind, count]) => `${count} ${kind}`);
  const parts = [...(obstacle === undefined ? [] : [obstacle]), ...counts];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}
