import { addressesMax } from './request.ts';
import type { Requests, Result } from './request.ts';
import { isSession } from './session.ts';

/** Requests that differ only in time and address. A member is null where they have none. */
export interface Row {
  user: string | null;
  /** Who was impersonated. */
  effectiveUser: string | null;
  verb: string | null;
  /** `pods`, `pods/exec`; null for a request to a path. */
  resource: string | null;
  apiGroup: string | null;
  /** Null: the cluster's own, or all namespaces. */
  namespace: string | null;
  /** Null: a whole collection, or not in the log. */
  name: string | null;
  path: string | null;
  result: Result | null;
  code: number | null;
  /** Of a session in a pod (`exec`, `attach`, `port-forward`), which has a row of its own. */
  container?: string | null;
  command?: string | null;
  /** `event.id` of the last stage of a session. */
  session?: string | null;
  /** Where rows differ in them, see {@link Rows}. */
  address?: string | null;
  userAgent?: string | null;
  requests: number;
  /** RFC 3339, UTC, milliseconds. */
  first: string;
  last: string;
  addresses: string[];
  /** There were more addresses than are listed. */
  moreAddresses: boolean;
  /** What a verdict found against documents of these requests. */
  findings?: string[];
  /** Of a row that stands for several, which were too many to hold: the members in which they differ. These are null. */
  joinedOver?: readonly Member[];
  /** How many rows were joined to it; requests that were added since may be of further ones. */
  joinedRows?: number;
}

/** What a request was, and what became of it. */
export const members = [
  'user',
  'effectiveUser',
  'verb',
  'resource',
  'apiGroup',
  'namespace',
  'name',
  'path',
  'container',
  'command',
  'session',
  'result',
  'code',
  'address',
  'userAgent',
] as const;

export type Member = (typeof members)[number];

/** What requests of one row have in common. */
export type Common = Pick<Row, Member>;

/** What rows differ in unless something else is asked for: each request by all that it was, wherever it came from. */
export const usualMembers: readonly Member[] = members.filter(
  (member) => member !== 'address' && member !== 'userAgent',
);

/** Of requests that are alike, what their row may differ in from others. */
export function commonOf({ event, result, code }: Requests, by: readonly Member[]): Common {
  const { user, effectiveUser, verb, resource, apiGroup, namespace, name, path, address, userAgent } = event;
  const session = isSession(resource)
    ? { container: event.container, command: event.command, session: event.eventId }
    : {};
  const all: Common = {
    user,
    effectiveUser,
    verb,
    resource,
    apiGroup,
    namespace,
    name,
    path,
    result,
    code,
    ...session,
    ...(by.includes('address') && { address }),
    ...(by.includes('userAgent') && { userAgent }),
  };
  if (by === usualMembers) return all;
  const nothing = members.filter((member) => member in all && !by.includes(member));
  return { ...all, ...Object.fromEntries(nothing.map((member) => [member, null])) };
}

/** A row of one kind of requests. */
export function rowOf(requests: Requests, by: readonly Member[]): Row {
  const { count, first, last } = requests;
  const row: Row = {
    ...commonOf(requests, by),
    requests: 0,
    first,
    last,
    addresses: [],
    moreAddresses: false,
  };
  addTo(row, { ...requests, requests: count });
  return row;
}

/** Adds requests to the row that they belong to. */
export function addTo(
  row: Row,
  more: Pick<Row, 'requests' | 'first' | 'last'> & {
    addresses: Iterable<string>;
    moreAddresses?: boolean;
    findings?: Iterable<string>;
  },
): void {
  row.requests += more.requests;
  if (more.first < row.first) row.first = more.first;
  if (more.last > row.last) row.last = more.last;
  if (more.moreAddresses === true) row.moreAddresses = true;
  for (const address of more.addresses) {
    if (row.addresses.includes(address)) continue;
    if (row.addresses.length < addressesMax) row.addresses.push(address);
    else row.moreAddresses = true;
  }
  const findings = new Set([...(row.findings ?? []), ...(more.findings ?? [])]);
  if (findings.size > 0) row.findings = [...findings];
}
