import { printable } from '../../json/index.ts';
import type { NamePattern, Query, Reading, Row } from '../../who/index.ts';
import { fittedLines, tableLines } from '../terminal/table.ts';
import { count, withoutSecrets } from '../terminal/text.ts';
import type { Sheet } from './sheet.ts';

/** The question, and where it was asked. */
export interface Asked {
  query: Query;
  namespace: string;
  urls: readonly string[];
  /** The role that `--grants` asks for. */
  role?: string | undefined;
}

/** An answer as it is told: what it lists, what of it was left out, and what has to be said of it. */
export interface Told {
  sheet: Sheet;
  /** What the list leaves out, and how to see it. */
  leftOut?: string | undefined;
  total: string;
  remarks: readonly string[];
  /** What is not sure or not told apart: each is a line with ATTENTION, and any of them makes the exit code 3. */
  attentions: readonly string[];
  /** Members of the summary for programs. */
  counts: object;
}

/** The table, and below it the question, what data there is, and what the answer does not prove. `columns`: of the terminal, if it is one. */
export function describe(
  { sheet, leftOut, total, remarks, attentions }: Told,
  asked: Asked,
  columns: number | undefined,
): string[] {
  const { table, note } = sheet;
  const lines = columns === undefined ? tableLines(table, Infinity) : fittedLines(table, columns);
  return [
    ...(table.rows.length === 0 ? [] : [...(note === undefined ? [] : [note]), ...lines]),
    ...(leftOut === undefined ? [] : [leftOut]),
    ...(table.rows.length === 0 ? [] : ['']),
    total,
    ...[
      `asked: ${describeQuery(asked)}`,
      ...remarks,
      ...marksIn(table.rows.flat()),
      ...attentions.map((attention) => `ATTENTION: ${attention}`),
      'no proof: events that the policy dropped are not there, and only `auditseal verify` shows whether all others are, unchanged',
    ].map(printable),
  ];
}

/** What stands for something that the agent took out before it sealed the event. */
function marksIn(cells: readonly (string | number)[]): string[] {
  const has = (text: string) => cells.some((cell) => typeof cell === 'string' && cell.includes(text));
  return [
    ...(has('pseudonym.')
      ? ['pseudonyms: pseudonym.… stands for a person; auditseal reveal finds out who, with the key']
      : []),
    ...(has('redacted.')
      ? ['redacted: redacted.RULE stands for a value that the agent took out before it sealed the event']
      : []),
  ];
}

/** What data there is. */
export function dataRemarks(
  { coverage, isMappingRead, aggregated }: Pick<Reading, 'coverage' | 'isMappingRead' | 'aggregated'>,
  { namespace, urls }: Asked,
): string[] {
  const { documents, oldest, newest, unknownNames, nearest } = coverage;
  const where = `namespace ${namespace} at ${urls.map(withoutSecrets).join(', ')}`;
  const extent =
    documents === 0
      ? 'no event at all in that time'
      : `${count(documents)} documents in that time, from ${oldest} to ${newest}`;
  return [
    `data: ${where}: ${extent}`,
    ...unknownNames.map((name) => {
      const like = Object.hasOwn(nearest, name) ? nearest[name]! : [];
      const hint =
        like.length === 0 ? '' : `; nearest: ${like.map((each) => JSON.stringify(each)).join(', ')}`;
      return `misspelt? no event in that time has the ${name}${hint}`;
    }),
    ...(aggregated > 0
      ? [
          `aggregated: ${count(aggregated)} requests were passed on by one apiserver to another and logged by both: each counts once, from the address of its client`,
        ]
      : []),
    ...(isMappingRead
      ? []
      : [
          'fields: the mapping could not be read, so that a runtime field laid over a field that was asked for would not show; the key needs view_index_metadata',
        ]),
  ];
}

/** What was not sure when the events were read. */
export function attentionsOf({ clashes, splits, coverage, fieldProblems }: Reading): string[] {
  const { unreadable, groupless = 0 } = coverage;
  return [
    ...fieldProblems.map(
      (problem) =>
        `not what the template says, so that requests may be left out: ${problem}; run auditseal setup, and find out who changed it`,
    ),
    ...some(
      splits,
      `${count(splits)} times one Audit-ID had more different requests than can be held at once: of those some may be counted twice, as begun and as ended`,
    ),
    ...some(
      clashes,
      `${count(clashes)} documents have the event.id of another one: somebody other than the agent wrote them`,
    ),
    ...some(
      unreadable,
      `not searched: ${count(unreadable)} lines that were no audit event, in which a request may hide; read them: event.kind:pipeline_error and not event.action:*`,
    ),
    ...some(
      groupless,
      `not searched by group: ${count(groupless)} events of which only the head could be stored; look at them by user: event.kind:pipeline_error and event.action:* and not http.request.id:*`,
    ),
  ];
}

function some(number: number, text: string): string[] {
  return number > 0 ? [text] : [];
}

export function joinedAttention(rows: readonly Row[]): string[] {
  const joined = rows.filter(({ joinedOver }) => joinedOver);
  if (joined.length === 0) return [];
  const represented = joined.reduce((sum, { joinedRows = 0 }) => sum + joinedRows, 0);
  return [
    `too many rows to show each: ${count(joined.length)} with * stand for ${count(represented)} or more; all requests are counted in them. ` +
      'Narrow the question to see each: --user, --resource, --verb, --outcome, --since or --until',
  ];
}

function describeQuery({ query, role }: Asked): string {
  const { users, userPatterns, persons, groups, resources, verbs, outcomes, codes, addresses, named, time } =
    query;
  const parts = [
    ...(query.isGrant ? [role === undefined ? 'grants' : `grants of ${role}`] : []),
    ...anyOf('user', [...users, ...userPatterns]),
    ...anyOf('person', persons.map(patternText)),
    ...anyOf('group', groups),
    ...anyOf(
      'resource',
      resources.map(({ text }) => text),
    ),
    ...anyOf('verb', verbs),
    ...anyOf('outcome', outcomes),
    ...anyOf(
      'code',
      codes.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`)),
    ),
    ...anyOf('source address', addresses),
    ...anyOf('credential', query.credential === undefined ? [] : [query.credential]),
  ];
  const isOfObjects = resources.some((wanted) => wanted.kind === 'resource' && wanted.parts.length > 0);
  const covering = isOfObjects && !named ? ' (and whole collections that hold it)' : '';
  const range = time ? `${isoText(time.since)} to ${isoText(time.until)}` : 'all time';
  return `${parts.length === 0 ? 'everything' : parts.join(', ')}${covering}, ${range}`;
}

function patternText(pattern: NamePattern): string {
  return pattern.kind === 'name' ? pattern.name : pattern.wildcard;
}

function anyOf(what: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`${what} ${values.join(' or ')}`];
}

function isoText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** The members of the last line of `--json`. */
export function summaryOf(
  { counts, sheet, attentions }: Told,
  { query, namespace, urls, role }: Asked,
): object {
  const { resources, persons, time, credential, ...rest } = query;
  return {
    ...counts,
    listed: sheet.objects.length,
    attentions,
    asked: {
      ...rest,
      ...(role !== undefined && { role }),
      persons: persons.map(patternText),
      credential: credential ?? null,
      resources: resources.map(({ text }) => text),
      since: time ? isoText(time.since) : null,
      until: time ? isoText(time.until) : null,
      namespace,
      urls: urls.map(withoutSecrets),
    },
  };
}
