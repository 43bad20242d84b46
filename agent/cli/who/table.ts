import type { Row } from '../../who/index.ts';
import { tableLines } from '../terminal/table.ts';
import type { Cell } from '../terminal/table.ts';

const nameWidthMax = 60;
const addressesShown = 3;

/** The rows, as lines below a heading. */
export function rowLines(rows: readonly Row[]): string[] {
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
    cellOf(row, 'user'),
    ...(isForOthers ? [cellOf(row, 'effectiveUser')] : []),
    cellOf(row, 'verb'),
    row.joinedOver?.includes('resource') ? any : targetOf(row),
    cellOf(row, 'namespace'),
    cellOf(row, 'name'),
    row.code === null ? row.result : `${row.code} ${row.result}`,
    row.requests,
    row.first,
    row.last,
    addressesOf(row),
  ]);
  return tableLines({ columns, rows: cells }, Infinity);
}

/** Shown for a member in which the rows of a joined row differ. */
const any = '*';

function cellOf(row: Row, member: 'user' | 'effectiveUser' | 'verb' | 'namespace' | 'name'): string {
  return row.joinedOver?.includes(member) ? any : nameOf(row[member]);
}

function targetOf({ resource, apiGroup, path, verb, user, joinedOver }: Row): string {
  if (resource === null && joinedOver) return any;
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

/** A name as it is, or quoted where it could be taken for two columns or for a missing name. */
function nameOf(name: string | null): string {
  if (name === null) return '-';
  return /^[^\s"\p{C}]+$/u.test(name) && name !== '-' && name !== any ? name : JSON.stringify(name);
}
