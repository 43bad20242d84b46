import type { Requests } from '../../who/index.ts';
import type { Cell, Column } from '../terminal/table.ts';
import {
  addressesOf,
  commandOf,
  markOf,
  nameOf,
  nameWidthMax,
  resultOf,
  targetOf,
  timesOf,
} from './cells.ts';
import type { Sheet } from './sheet.ts';

interface RequestColumn extends Column {
  /** Shown only if some request has it. */
  isRare?: boolean;
  cell: (requests: Requests) => Cell;
}

function nameColumn(heading: string, of: (event: Requests['event']) => string | null): RequestColumn {
  return { heading, widthMax: nameWidthMax, cell: ({ event }) => nameOf(of(event)) };
}

/** Requests one by one; of a credential, too, what each did with it and to what it was bound. */
export function historySheet(
  listed: readonly Requests[],
  { isShort, credential }: { isShort: boolean; credential: string | undefined },
): Sheet {
  const times = timesOf(
    listed.map(({ first }) => first),
    isShort,
  );
  const ofCredential: RequestColumn[] = [
    {
      heading: 'CREDENTIAL',
      cell: ({ event }) => (event.credential?.issued === credential ? 'issued' : 'used'),
    },
    nameColumn('POD', (event) => event.credential?.pod ?? null),
    nameColumn('NODE', (event) => event.credential?.node ?? null),
  ];
  const all: RequestColumn[] = [
    ...(isShort ? [{ heading: '', isWhole: true, cell: ({ result }: Requests) => markOf(result) }] : []),
    { heading: 'TIME', isWhole: true, cell: ({ first }) => times.of(first) },
    nameColumn('USER', ({ user }) => user),
    { ...nameColumn('AS', ({ effectiveUser }) => effectiveUser), isRare: true },
    ...(credential === undefined ? [] : ofCredential),
    nameColumn('DID', ({ verb }) => verb),
    { heading: 'RESOURCE', widthMax: nameWidthMax, cell: ({ event }) => targetOf(event) },
    nameColumn('NAMESPACE', ({ namespace }) => namespace),
    nameColumn('NAME', ({ name: own }) => own),
    { ...nameColumn('CONTAINER', ({ container }) => container), isRare: true },
    {
      heading: 'COMMAND',
      widthMax: nameWidthMax,
      isRare: true,
      cell: ({ event }) => commandOf(event.command),
    },
    { heading: 'RESULT', cell: resultOf },
    { heading: 'FROM', cell: ({ addresses }) => addressesOf([...addresses], false) },
    { heading: 'TIMES', isRare: true, cell: ({ count }) => (count === 1 ? '-' : `${count}`) },
    { heading: 'FINDING', isRare: true, cell: ({ findings }) => [...findings].join(', ') || '-' },
    { heading: 'EVENT.ID', isWhole: true, cell: ({ event }) => nameOf(event.eventId) },
  ];
  const columns = all.filter(({ isRare, cell }) => !isRare || listed.some((each) => cell(each) !== '-'));
  return {
    table: { columns, rows: listed.map((each) => columns.map(({ cell }) => cell(each))) },
    note: times.note,
    objects: listed.map((each) => ({ type: 'request', ...objectOf(each) })),
  };
}

/** A request for programs. */
export function objectOf({ event, result, code, count, first, last, addresses, findings }: Requests): object {
  const { eventId, request: auditId, user, effectiveUser, verb, resource, apiGroup, namespace, name } = event;
  const { path, container, command, userAgent, credential } = event;
  return {
    first,
    last,
    eventId,
    auditId,
    user,
    effectiveUser,
    verb,
    resource,
    apiGroup,
    namespace,
    name,
    path,
    ...(command !== null || container !== null ? { container, command } : {}),
    result,
    code,
    requests: count,
    addresses: [...addresses],
    userAgent,
    ...(credential && { credential }),
    ...(findings.size > 0 && { findings: [...findings] }),
  };
}
