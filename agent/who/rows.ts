import { WhoError } from './error.ts';
import { addressesMax, keyOf, type Requests, type Result } from './requests.ts';

/** Requests that have everything in common but their time and address; null where they have none. */
export interface Row {
  user: string | null;
  /** In whose name, if not his own. */
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
}

const rowsMax = 100_000;

/** Adds requests up. Memory is bounded: beyond `rowsMax` rows the question has to be narrowed. */
export class Rows {
  requests = 0;
  readonly #rows = new Map<string, Row>();

  /** Throws WhoError `too-many`. */
  add(found: Requests): void {
    this.requests += found.count;
    const key = `${keyOf(found.event)} ${found.result} ${found.code}`;
    const row = this.#rows.get(key);
    if (row) {
      row.requests += found.count;
      if (found.first < row.first) row.first = found.first;
      if (found.last > row.last) row.last = found.last;
      addAddresses(row, found);
      return;
    }
    if (this.#rows.size === rowsMax)
      throw new WhoError(
        'too-many',
        `more than ${rowsMax} different rows: ask for less, with --user, --resource, --verb, --outcome, --since or --until`,
      );
    this.#rows.set(key, rowOf(found));
  }

  /** What happened last comes first. */
  sorted(): Row[] {
    return [...this.#rows.values()].toSorted(
      (a, b) => compare(b.last, a.last) || compare(b.first, a.first) || b.requests - a.requests,
    );
  }
}

function rowOf(found: Requests): Row {
  const { user, effectiveUser, verb, resource, apiGroup, namespace, name, path } = found.event;
  const { result, code, count: requests, first, last } = found;
  const row: Row = {
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
    requests,
    first,
    last,
    addresses: [],
    moreAddresses: false,
  };
  addAddresses(row, found);
  return row;
}

function addAddresses(row: Row, { addresses }: Requests): void {
  for (const address of addresses) {
    if (row.addresses.includes(address)) continue;
    if (row.addresses.length < addressesMax) row.addresses.push(address);
    else row.moreAddresses = true;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
