import type { Answer, Row, Wish } from '../who/index.ts';
import { tableLines, type Cell } from './table.ts';
import { count, printable, withoutSecrets } from './text.ts';

/** The question, and where it was put. */
export interface Asked {
  wish: Wish;
  namespace: string;
  urls: readonly string[];
}

const nameWidthMax = 60;
const addressesShown = 3;

/** The table, and below it what was asked, how far the data reaches, and what the answer does not tell. */
export function describeAnswer(found: Answer, asked: Asked, limit: number): string[] {
  const { rows, requests } = found;
  const shown = limit === 0 ? rows : rows.slice(0, limit);
  const hidden = rows.slice(shown.length);
  const lines = shown.length > 0 ? [...table(shown), ''] : [];
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
      : `found: ${count(requests)} requests in ${count(rows.length)} rows, told from ${count(found.events)} events`;
  return [
    ...lines,
    total + (found.copies > 0 ? `, ${count(found.copies)} identical copies left out` : ''),
    ...remarks(found, asked).map(printable),
  ];
}

function remarks({ clashes, reach }: Answer, { wish, namespace, urls }: Asked): string[] {
  const { documents, oldest, newest, unreadable, unheardOf } = reach;
  const where = `namespace ${namespace} at ${urls.map(withoutSecrets).join(', ')}`;
  const held =
    documents === 0
      ? 'no event at all in that time'
      : `${count(documents)} documents in that time, from ${oldest} to ${newest}`;
  return [
    `asked: ${describeWish(wish)}`,
    `data: ${where}: ${held}`,
    ...unheardOf.map((name) => `misspelt? no event in that time has the ${name}`),
    ...(clashes > 0
      ? [
          `ATTENTION: ${count(clashes)} documents have the event.id of another one: somebody else than the agent wrote them`,
        ]
      : []),
    ...(unreadable > 0
      ? [
          `not searched: ${count(unreadable)} lines that were no audit event (event.kind pipeline_error, without event.action)`,
        ]
      : []),
    'no proof: what the policy dropped is not there, and only `auditseal verify` tells whether all else is, unchanged',
  ];
}

function describeWish({ users, groups, resources, verbs, outcomes, named, time }: Wish): string {
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

function table(rows: readonly Row[]): string[] {
  const isForOthers = rows.some(({ effectiveUser }) => effectiveUser !== null);
  const columns = [
    { heading: 'USER', widthMax: nameWidthMax },
    ...(isForOthers ? [{ heading: 'AS', widthMax: nameWidthMax }] : []),
    { heading: 'DID' },
    { heading: 'RESOURCE', widthMax: nameWidthMax },
    { heading: 'NAMESPACE', widthMax: nameWidthMax },
    { heading: 'NAME', widthMax: nameWidthMax },
    { heading: 'RESULT' },
    { heading: 'TIMES' },
    { heading: 'FIRST' },
    { heading: 'LAST' },
    { heading: 'FROM' },
  ];
  const cells = rows.map((row): Cell[] => [
    nameOf(row.user),
    ...(isForOthers ? [nameOf(row.effectiveUser)] : []),
    nameOf(row.verb),
    targetOf(row),
    nameOf(row.namespace),
    nameOf(row.name),
    row.code === null ? row.result : `${row.code} ${row.result}`,
    row.requests,
    row.first,
    row.last,
    addressesOf(row),
  ]);
  return tableLines({ columns, rows: cells }, Infinity);
}

function targetOf({ resource, apiGroup, path, verb, user }: Row): string {
  if (resource === null)
    return path === null && verb === null && user === null ? '(no audit event)' : nameOf(path);
  if (apiGroup === null) return nameOf(resource);
  const [kind, ...rest] = resource.split('/');
  return nameOf([`${kind}.${apiGroup}`, ...rest].join('/'));
}

function addressesOf({ addresses, moreAddresses }: Row): string {
  const more = addresses.length - addressesShown;
  const least = moreAddresses ? 'at least ' : '';
  const rest = more > 0 ? ` and ${least}${more} more` : '';
  return `${addresses.slice(0, addressesShown).join(', ')}${rest}`;
}

/** Names stand as they are where nothing in them could be taken for another column, or for a missing name; else quoted. */
function nameOf(name: string | null): string {
  if (name === null) return '-';
  return /^[^\s"\p{C}]+$/u.test(name) && name !== '-' ? name : JSON.stringify(name);
}

/** The members of the last line of `--json`. */
export function summaryOf(found: Answer, { wish, namespace, urls }: Asked): object {
  const { rows, reach, ...counts } = found;
  const { resources, time, ...rest } = wish;
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
    data: { ...reach, oldest: reach.oldest ?? null, newest: reach.newest ?? null },
  };
}
