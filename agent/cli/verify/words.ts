import { notProvenComplete, tampered } from '../../verify/index.ts';
import type { FindingKind, News, Summary } from '../../verify/index.ts';
import { count } from '../terminal/text.ts';
import { spanOfReading } from './report.ts';
import type { Scope } from './report.ts';

/** What a finding of each kind is, said of one and of several. */
const meanings: Record<FindingKind, readonly [one: string, several: string]> = {
  changed: ['event was changed', 'events were changed'],
  missing: ['event is missing', 'events are missing'],
  inserted: ['document was added', 'documents were added'],
  fork: ['signed history contradicts another', 'signed histories contradict others'],
  'bad signature': ['record has a wrong signature', 'records have a wrong signature'],
  'changed record': ['record was changed', 'records were changed'],
  'missing record': ['run of records is missing', 'runs of records are missing'],
  'broken chain': ['place breaks the chain', 'places break the chain'],
  'epoch missing': ['epoch is missing', 'epochs are missing'],
  'log missing': ['log is missing', 'logs are missing'],
  gap: ['batch owns up to a gap', 'batches own up to a gap'],
  incoherent: ['batch contradicts itself', 'batches contradict themselves'],
  'begins late': ['cluster has no log at the beginning', 'clusters have no log at the beginning'],
  'clock back': ['step back of a clock', 'steps back of a clock'],
  'ends early': ['log ends early', 'logs end early'],
  silent: ['silence has no explanation', 'silences have no explanation'],
  'sealed in the future': ['batch has a time to come', 'batches have a time to come'],
  'not yet recorded': ['event lacks its record', 'events lack their record'],
  'unlinked epoch': ['epoch follows from none before', 'epochs follow from none before'],
  'unknown log': ['log has no trusted key', 'logs have no trusted key'],
  unproven: ['stretch of events has no valid record', 'stretches of events have no valid record'],
  'not erased': ['event was signed away and is there', 'events were signed away and are there'],
};

/** Statements that are named. */
const statementsMax = 5;
const clustersMax = 10;

/** What the verdict means, for whoever reads nothing else: what was checked, what is proven, what is not, since when, who excused what. */
export function inWords(summary: Summary, scope: Scope, news: News | undefined): string {
  return [
    checked(summary, scope),
    proven(summary, scope),
    ...wrong(summary),
    ...open(summary),
    ...excused(summary),
    ...(news ? [newsText(news)] : []),
    'Nothing here shows what was done on a node before the agent read it, or what a thief of a key in use signs (docs/threat-model.md).',
  ].join(' ');
}

function checked({ documents, records, logs, firstEvent, lastEvent, now }: Summary, { time }: Scope): string {
  const clusters = [...new Set(logs.map(({ origin }) => origin.split('/')[0]!))].toSorted();
  const named =
    clusters.slice(0, clustersMax).join(', ') + (clusters.length > clustersMax ? ' and others' : '');
  const of = logs.length === 0 ? 'no known log' : `${several(logs.length, 'log', 'logs')} of ${named}`;
  const range = time ? `from ${iso(time.since)} to ${iso(time.until)}` : `whole, as of ${now}`;
  const span = firstEvent === undefined ? '' : `, with events from ${firstEvent} to ${lastEvent}`;
  return `Checked: ${of}, ${range}: ${several(documents, 'event', 'events')} and ${several(records, 'record', 'records')} that Elasticsearch holds${span}.`;
}

function proven(summary: Summary, { trustFile }: Scope): string {
  const { events, trusted, obstacle, findings } = summary;
  const keys = trusted
    ? `keys that follow from ${trustFile}`
    : 'keys that the log itself gives, which whoever can write to Elasticsearch could have made up';
  const isWhole = obstacle === undefined && tampered.every((kind) => findings[kind] === undefined);
  const whole = isWhole
    ? ', and no event that was sealed and should be there was changed, removed or added'
    : '';
  if (events === 0) return 'Proven: nothing of any event.';
  return `Proven: ${several(events, 'event is', 'events are')} byte for byte what the agent sealed, by ${keys}${whole}.`;
}

function wrong({ findings }: Summary): string[] {
  const found = tampered.flatMap((kind) => meaningOf(kind, findings[kind]));
  return found.length === 0 ? [] : [`Somebody tampered: ${found.join(', ')}.`];
}

function open({
  findings,
  obstacle,
  coverage,
  expired,
  erased,
  notYetRecorded,
  readBefore,
}: Summary): string[] {
  const found = notProvenComplete.flatMap((kind) => meaningOf(kind, findings[kind]));
  const parts = [
    ...(obstacle === undefined ? [] : [obstacle]),
    ...found,
    ...coverage.flatMap(({ cluster, begins, isLate }) =>
      isLate ? [`nothing is there of cluster ${cluster} before ${begins}`] : [],
    ),
    ...(expired > 0 ? [`${several(expired, 'event is', 'events are')} gone by age`] : []),
    ...(erased > 0 ? [`${several(erased, 'event is', 'events are')} gone by a statement`] : []),
    ...before(readBefore),
    ...(notYetRecorded > 0
      ? [`${several(notYetRecorded, 'event waits', 'events wait')} for its record`]
      : []),
  ];
  return parts.length === 0 ? [] : [`Not proven: ${parts.join('; ')}.`];
}

/** What an interrupted run read is as old as that. */
function before(parts: Summary['readBefore'] = []): string[] {
  if (parts.length === 0) return [];
  const events = parts.reduce((sum, part) => sum + part.events, 0);
  const { from, to } = spanOfReading(parts);
  return [
    `${several(events, 'event was', 'events were')} read from ${from} to ${to}, and a change after that does not show`,
  ];
}

function excused({ statements: { counted }, excused: known }: Summary): string[] {
  const effective = counted.filter(({ excuses }) => excuses > 0);
  if (effective.length === 0)
    return known.acknowledged + known.retired === 0 ? ['Nobody excused anything.'] : [];
  const told = effective
    .slice(0, statementsMax)
    .map(({ operator, statement: { kind, log, at, why }, excuses }) => {
      const what =
        kind === 'erase' || kind === 'retention'
          ? `that ${several(excuses, 'event', 'events')} of ${log} may be gone`
          : several(excuses, `finding of ${log}`, `findings of ${log}`);
      return `${operator} excused ${what} on ${at} (${why})`;
    });
  const more = effective.length - told.length;
  return [`${told.join('; ')}${more > 0 ? `; and ${count(more)} more statements` : ''}.`];
}

function newsText({ total, findings, isAtLeast }: News): string {
  const kinds = Object.entries(findings).map(([kind, found]) => `${count(found)} ${kind}`);
  const counted = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
  return `New since the known verdict: ${isAtLeast ? 'at least ' : ''}${count(total)}${counted}.`;
}

function meaningOf(kind: FindingKind, found: number | undefined): string[] {
  return found === undefined ? [] : [several(found, ...meanings[kind])];
}

function several(found: number, one: string, others: string): string {
  return `${count(found)} ${found === 1 ? one : others}`;
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
