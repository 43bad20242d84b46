import { addressesMax } from './request.ts';
import type { Requests, Result } from './request.ts';

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
  result: Result;
  code: number | null;
  requests: number;
  /** RFC 3339, UTC, milliseconds. */
  first: string;
  last: string;
  addresses: string[];
  /** There were more addresses than are listed. */
  moreAddresses: boolean;
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
  'result',
  'code',
] as const;

export type Member = (typeof members)[number];

/** A row of one kind of requests. */
export function rowOf({ event, result, code, count: requests, first, last, addresses }: Requests): Row {
  const { user, effectiveUser, verb, resource, apiGroup, namespace, name, path } = event;
  const what = { user, effectiveUser, verb, resource, apiGroup, namespace, name, path, result, code };
  const row: Row = { ...what, requests: 0, first, last, addresses: [], moreAddresses: false };
  addTo(row, { requests, first, last, addresses });
  return row;
}

/** Adds requests to the row that they belong to. */
export function addTo(
  row: Row,
  more: Pick<Row, 'requests' | 'first' | 'last'> & { addresses: Iterable<string>; moreAddresses?: boolean },
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
}
