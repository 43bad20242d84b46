import { grantIn } from '../../who/index.ts';
import type { Grant, Requests } from '../../who/index.ts';
import type { Cell, Column } from '../terminal/table.ts';
import { addressesOf, markOf, nameOf, nameWidthMax, resultOf, timesOf } from './cells.ts';
import { objectOf } from './history.ts';
import type { Sheet } from './sheet.ts';

const subjectsShown = 3;

/** What is said in the place of a role that nobody can read. */
const unreadable: Readonly<Record<NonNullable<Grant['unreadable']>, string>> = {
  refused: '(body not readable: Elasticsearch refused it)',
  cut: '(body not readable: it was too long)',
  'not told': '(not in the log)',
};

interface GrantColumn extends Column {
  cell: (requests: Requests, grant: Grant | null) => Cell;
}

/** Requests that gave rights: who gave what to whom. */
export function grantSheet(listed: readonly Requests[], isShort: boolean): Sheet {
  const times = timesOf(
    listed.map(({ first }) => first),
    isShort,
  );
  const columns: GrantColumn[] = [
    ...(isShort ? [{ heading: '', isWhole: true, cell: ({ result }: Requests) => markOf(result) }] : []),
    { heading: 'TIME', isWhole: true, cell: ({ first }) => times.of(first) },
    { heading: 'USER', widthMax: nameWidthMax, cell: ({ event }) => userOf(event) },
    { heading: 'FROM', cell: ({ addresses }) => addressesOf([...addresses], false) },
    {
      heading: 'DID',
      cell: ({ event }, grant) => `${nameOf(event.verb)}${grant?.isDryRun ? ' (dry run)' : ''}`,
    },
    { heading: 'RESULT', cell: resultOf },
    { heading: 'BINDING', widthMax: nameWidthMax, cell: ({ event }, grant) => bindingOf(event, grant) },
    {
      heading: 'SCOPE',
      widthMax: nameWidthMax,
      cell: ({ event }) => (event.namespace === null ? 'cluster' : `namespace ${nameOf(event.namespace)}`),
    },
    { heading: 'ROLE', widthMax: nameWidthMax, cell: (_, grant) => roleOf(grant) },
    { heading: 'SUBJECT', widthMax: nameWidthMax, cell: (_, grant) => subjectsOf(grant) },
    ...(listed.some(({ findings }) => findings.size > 0)
      ? [{ heading: 'FINDING', cell: ({ findings }: Requests) => [...findings].join(', ') || '-' }]
      : []),
    { heading: 'EVENT.ID', isWhole: true, cell: ({ event }) => nameOf(event.eventId) },
  ];
  const rows = listed.map((each) => {
    const grant = grantIn(each);
    return columns.map(({ cell }) => cell(each, grant));
  });
  return {
    table: { columns, rows },
    note: times.note,
    objects: listed.map((each) => ({ type: 'grant', ...objectOf(each), grant: grantIn(each) })),
  };
}

function userOf({ user, effectiveUser }: Requests['event']): string {
  return effectiveUser === null ? nameOf(user) : `${nameOf(user)} as ${nameOf(effectiveUser)}`;
}

function isRole(event: Requests['event']): boolean {
  return event.resource?.endsWith('roles') === true;
}

function bindingOf(event: Requests['event'], grant: Grant | null): string {
  return isRole(event) ? '-' : nameOf(grant?.binding ?? event.name);
}

function roleOf(grant: Grant | null): string {
  if (grant === null) return unreadable['not told'];
  return grant.role === null ? unreadable[grant.unreadable ?? 'not told'] : nameOf(grant.role);
}

/** A role has no subjects: whoever holds it has what it says. */
function subjectsOf(grant: Grant | null): string {
  if (grant === null || grant.unreadable !== null) return '?';
  if (grant.binding === null && grant.role !== null) return '(who holds it)';
  const { subjects, moreSubjects } = grant;
  const more = subjects.length - subjectsShown;
  const rest = more > 0 ? ` and ${moreSubjects ? 'at least ' : ''}${more} more` : '';
  return subjects.length === 0 ? '-' : `${subjects.slice(0, subjectsShown).map(subjectOf).join(', ')}${rest}`;
}

/** `User alice`; of a name with a space or a comma it is to be seen where it ends. */
function subjectOf(subject: string): string {
  const [kind = '', ...rest] = subject.split(' ');
  const name = rest.join(' ');
  return `${nameOf(kind)} ${name.includes(',') ? JSON.stringify(name) : nameOf(name)}`;
}
