import type { Answer, Row, Query } from '../../who/index.ts';
import { printable } from '../../json/index.ts';
import { count, withoutSecrets } from '../terminal/text.ts';
import { rowLines } from './table.ts';

/** The question, and where it was asked. */
export interface Asked {
  query: Query;
  namespace: string;
  urls: readonly string[];
}

/** The table, and below it the question, what data there is, and what the answer does not prove. */
export function describeAnswer(found: Answer, asked: Asked, limit: number): string[] {
  const { rows, requests } = found;
  const shown = limit === 0 ? rows : rows.slice(0, limit);
  const hidden = rows.slice(shown.length);
  const lines = shown.length > 0 ? [...rowLines(shown), ''] : [];
  if (hidden.length > 0) {
    const more = hidden.reduce((sum, row) => sum + row.requests, 0);
    lines.splice(
      -1,
      0,
      `… and ${count(hidden.length)} more rows with ${count(more)} requests (--limit 0 shows all)`,
    );
  }
  const total =
    rows.length === 0
      ? 'nothing found'
      : `found: ${count(requests)} requests in ${count(rows.length)} rows, from ${count(found.events)} events`;
  return [
    ...lines,
    total + (found.copies > 0 ? `, ${count(found.copies)} identical copies left out` : ''),
    ...remarks(found, asked).map(printable),
  ];
}

function remarks(
  { rows, clashes, splits, coverage, fieldProblems, isMappingRead }: Answer,
  { query, namespace, urls }: Asked,
): string[] {
  const { documents, oldest, newest, unreadable, unknownNames } = coverage;
  const where = `namespace ${namespace} at ${urls.map(withoutSecrets).join(', ')}`;
  const extent =
    documents === 0
      ? 'no event at all in that time'
      : `${count(documents)} documents in that time, from ${oldest} to ${newest}`;
  return [
    `asked: ${describeQuery(query)}`,
    `data: ${where}: ${extent}`,
    ...unknownNames.map((name) => `misspelt? no event in that time has the ${name}`),
    ...joinedRemark(rows),
    ...fieldProblems.map(
      (problem) =>
        `ATTENTION: not what the template says, so that requests may be left out: ${problem}; run auditseal setup, and find out who changed it`,
    ),
    ...(isMappingRead
      ? []
      : [
          'fields: the mapping could not be read, so that a runtime field laid over a field that was asked for would not show; the key needs view_index_metadata',
        ]),
    ...(splits > 0
      ? [
          `ATTENTION: ${count(splits)} times one Audit-ID had more different requests than can be held at once: of those some may be counted twice, as begun and as ended`,
        ]
      : []),
    ...(clashes > 0
      ? [
          `ATTENTION: ${count(clashes)} documents have the event.id of another one: somebody other than the agent wrote them`,
        ]
      : []),
    ...(unreadable > 0
      ? [
          `ATTENTION: not searched: ${count(unreadable)} lines that were no audit event, in which a request may hide; read them: event.kind:pipeline_error and not event.action:*`,
        ]
      : []),
    'no proof: events that the policy dropped are not there, and only `auditseal verify` shows whether all others are, unchanged',
  ];
}

function joinedRemark(rows: readonly Row[]): string[] {
  const joined = rows.filter(({ joinedOver }) => joinedOver);
  if (joined.length === 0) return [];
  const represented = joined.reduce((sum, { joinedRows = 0 }) => sum + joinedRows, 0);
  return [
    `ATTENTION: too many rows to show each: ${count(joined.length)} with * stand for ${count(represented)} or more; all requests are counted in them. ` +
      'Narrow the question to see each: --user, --resource, --verb, --outcome, --since or --until',
  ];
}

/** Whether no line with ATTENTION is printed. */
export function isSure({ rows, clashes, splits, coverage, fieldProblems }: Answer): boolean {
  return (
    fieldProblems.length === 0 &&
    clashes === 0 &&
    splits === 0 &&
    coverage.unreadable === 0 &&
    rows.every(({ joinedOver }) => joinedOver === undefined)
  );
}

function describeQuery({ users, groups, resources, verbs, outcomes, named, time }: Query): string {
  const parts = [
    ...some('user', users),
    ...some('group', groups),
    ...some(
      'resource',
      resources.map(({ text }) => text),
    ),
    ...some('verb', verbs),
    ...some('outcome', outcomes),
  ];
  const isOfObjects = resources.some((wanted) => wanted.kind === 'resource' && wanted.parts.length > 0);
  const covering = isOfObjects && !named ? ' (and whole collections that hold it)' : '';
  const range = time ? `${isoText(time.since)} to ${isoText(time.until)}` : 'all time';
  return `${parts.length === 0 ? 'everything' : parts.join(', ')}${covering}, ${range}`;
}

function some(what: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`${what} ${values.join(' or ')}`];
}

function isoText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** The members of the last line of `--json`. */
export function summaryOf(found: Answer, { query, namespace, urls }: Asked): object {
  const { rows, coverage, ...counts } = found;
  const { resources, time, ...rest } = query;
  return {
    ...counts,
    rows: rows.length,
    asked: {
      ...rest,
      resources: resources.map(({ text }) => text),
      since: time ? isoText(time.since) : null,
      until: time ? isoText(time.until) : null,
      namespace,
      urls: urls.map(withoutSecrets),
    },
    data: { ...coverage, oldest: coverage.oldest ?? null, newest: coverage.newest ?? null },
  };
}
