import { usualMembers } from '../../who/index.ts';
import type { Member, Row } from '../../who/index.ts';
import type { Cell, Column } from '../terminal/table.ts';
import {
  addressesOf,
  any,
  commandOf,
  markOf,
  nameOf,
  nameWidthMax,
  resultOf,
  targetOf,
  timesOf,
} from './cells.ts';
import type { Sheet } from './sheet.ts';

interface RowColumn extends Column {
  /** Shown if rows differ in one of them; always where there is none. */
  of: readonly Member[];
  /** Shown only if some row has it. */
  isRare?: boolean;
  cell: (row: Row) => Cell;
}

function nameColumn(heading: string, member: Member): RowColumn {
  return { heading, of: [member], widthMax: nameWidthMax, cell: (row) => cellOf(row, member) };
}

/** The rows under headings. */
export function rowSheet(rows: readonly Row[], by: readonly Member[], isShort: boolean): Sheet {
  const times = timesOf(
    rows.flatMap(({ first, last }) => [first, last]),
    isShort,
  );
  const all: RowColumn[] = [
    ...(isShort
      ? [{ heading: '', of: ['result' as const], isWhole: true, cell: ({ result }: Row) => markOf(result) }]
      : []),
    nameColumn('USER', 'user'),
    { ...nameColumn('AS', 'effectiveUser'), isRare: true },
    nameColumn('DID', 'verb'),
    { ...nameColumn('RESOURCE', 'resource'), cell: resourceOf },
    nameColumn('NAMESPACE', 'namespace'),
    nameColumn('NAME', 'name'),
    { ...nameColumn('CONTAINER', 'container'), isRare: true },
    {
      ...nameColumn('COMMAND', 'command'),
      isRare: true,
      cell: (row) => (isOver(row, 'command') ? any : commandOf(row.command)),
    },
    { heading: 'RESULT', of: ['result', 'code'], cell: resultOf },
    { ...nameColumn('AGENT', 'userAgent') },
    { heading: 'TIMES', of: [], cell: ({ requests }) => requests },
    { heading: 'FIRST', of: [], isWhole: true, cell: ({ first }) => times.of(first) },
    { heading: 'LAST', of: [], isWhole: true, cell: ({ last }) => times.of(last) },
    {
      heading: 'FROM',
      of: [],
      cell: ({ addresses, moreAddresses }) => addressesOf(addresses, moreAddresses),
    },
    { heading: 'FINDING', of: [], isRare: true, cell: ({ findings }) => findings?.join(', ') ?? '-' },
  ];
  const columns = all.filter(({ of, isRare, cell }) => {
    const isAsked = of.length === 0 || of.some((member) => by.includes(member));
    return isAsked && (!isRare || rows.some((row) => cell(row) !== '-'));
  });
  return {
    table: { columns, rows: rows.map((row) => columns.map(({ cell }) => cell(row))) },
    note: times.note,
    objects: rows.map((row) => ({ type: 'row', ...(by === usualMembers ? row : only(row, by)) })),
  };
}

/** Without the members that rows were not to differ in: there is nothing in them. */
function only(row: Row, by: readonly Member[]): Partial<Row> {
  const left = new Set<string>(
    [...usualMembers, 'address', 'userAgent'].filter((member) => !by.includes(member as Member)),
  );
  return Object.fromEntries(Object.entries(row).filter(([member]) => !left.has(member)));
}

function isOver({ joinedOver }: Row, member: Member): boolean {
  return joinedOver?.includes(member) ?? false;
}

function cellOf(row: Row, member: Member): string {
  const value = row[member];
  return isOver(row, member) ? any : nameOf(value === undefined || value === null ? null : String(value));
}

function resourceOf(row: Row): string {
  const { resource, path, verb, user } = row;
  if (isOver(row, 'resource') || (resource === null && row.joinedOver)) return any;
  if (resource === null && path === null && verb === null && user === null) return '(no audit event)';
  return targetOf(row);
}
