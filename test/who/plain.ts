/**
 * The answer told from the lines of the audit log alone, with plain code that shares nothing with the agent's: what
 * `auditseal who` is compared with.
 */

/** An audit event as the apiserver writes it. */
export interface RawEvent {
  auditID: string;
  stage: string;
  verb?: string;
  requestURI: string;
  stageTimestamp: string;
  user?: { username?: string; groups?: string[] };
  impersonatedUser?: { username?: string; groups?: string[] };
  sourceIPs?: string[];
  objectRef?: RawTarget;
  responseStatus?: { code?: number };
  annotations?: Record<string, string>;
}

export interface RawTarget {
  resource?: string;
  apiGroup?: string;
  apiVersion?: string;
  namespace?: string;
  name?: string;
  subresource?: string;
}

/** A row as `who` gives it, all members. */
export type PlainRow = Record<string, unknown>;

/** Rows in no particular order. */
export function rowsOf(events: readonly RawEvent[]): PlainRow[] {
  const rows = new Map<
    string,
    PlainRow & { requests: number; first: string; last: string; addresses: string[] }
  >();
  const requests = new Map<string, RawEvent[]>();
  for (const event of events) {
    const key = `${event.auditID} ${JSON.stringify(whatOf(event))}`;
    requests.set(key, [...(requests.get(key) ?? []), event]);
  }
  for (const stages of requests.values()) {
    for (const { ends, count, of } of decided(stages)) {
      const [result, code] = resultOf(ends[0]!);
      const what = { ...whatOf(ends[0]!), result, code };
      const key = JSON.stringify(what);
      const times = of.map(({ stageTimestamp }) => `${stageTimestamp.slice(0, 23)}Z`).toSorted();
      const row = rows.get(key) ?? {
        ...what,
        requests: 0,
        first: times[0]!,
        last: times[0]!,
        addresses: [],
        moreAddresses: false,
      };
      rows.set(key, row);
      row.requests += count;
      row.first = [row.first, times[0]!].toSorted()[0]!;
      row.last = [row.last, times.at(-1)!].toSorted()[1]!;
      const own = of.flatMap(({ sourceIPs }) => sourceIPs?.at(-1) ?? []);
      row.addresses = [...new Set([...row.addresses, ...own])].toSorted();
    }
  }
  return [...rows.values()];
}

/** Of requests that are alike: their last stages, how many requests they tell of, and the events of these requests. */
function decided(stages: RawEvent[]): { ends: RawEvent[]; count: number; of: RawEvent[] }[] {
  const ends = stages.filter(({ stage }) => stage === 'ResponseComplete' || stage === 'Panic');
  const begun = stages.filter(({ stage }) => stage === 'ResponseStarted');
  const received = stages.filter(({ stage }) => stage === 'RequestReceived');
  const found = new Map<string, RawEvent[]>();
  const last = [...ends, ...begun.slice(ends.length)];
  last.push(...received.slice(last.length));
  for (const event of last) {
    const key = JSON.stringify(resultOf(event));
    found.set(key, [...(found.get(key) ?? []), event]);
  }
  const groups = [...found.values()];
  return groups.map((group) => ({
    ends: group,
    count: group.length,
    of: groups.length === 1 ? stages : group,
  }));
}

function resultOf({ stage, responseStatus, annotations }: RawEvent): [string, number | null] {
  const code = responseStatus?.code ?? null;
  if (annotations?.['authorization.k8s.io/decision'] === 'forbid' || code === 401 || code === 403)
    return ['denied', code];
  if (stage === 'Panic' || (code !== null && code >= 400)) return ['failed', code];
  if (code === null) return ['unknown', code];
  return [stage === 'ResponseStarted' ? 'begun' : 'ok', code];
}

function whatOf({ user, impersonatedUser, verb, objectRef, requestURI }: RawEvent): PlainRow {
  const { resource, subresource, apiGroup, namespace, name } = objectRef ?? {};
  const type = resource && subresource ? `${resource}/${subresource}` : resource || null;
  return {
    user: user?.username || null,
    effectiveUser: impersonatedUser?.username || null,
    verb: verb || null,
    resource: type,
    apiGroup: apiGroup || null,
    namespace: namespace || null,
    name: name || null,
    path: type === null ? requestURI.split('?')[0] || null : null,
  };
}

/** For comparing: rows and addresses have no order that says anything. */
export function comparable(rows: readonly object[]): string[] {
  return rows
    .map((row) =>
      JSON.stringify(
        { ...row, addresses: [...(row as { addresses: string[] }).addresses].toSorted() },
        keys(row),
      ),
    )
    .toSorted();
}

function keys(row: object): string[] {
  return Object.keys(row).toSorted();
}

/**
 * Whether a request for a target is one that `--resource` asks for: one part is a namespace, the name of an object without a
 * namespace, or a subresource; two are a namespace and a name, a name and its subresource, or a namespace and a subresource;
 * three are all of them. Unless only what is named is wanted, a whole collection counts too where the object may be in it.
 */
export function covers(wanted: string, target: RawTarget | undefined, named: boolean): boolean {
  const [head = '', ...parts] = wanted.split('/');
  const [kind, ...groups] = head.split('.');
  const { resource, apiGroup, namespace, name, subresource } = target ?? {};
  if (!resource || !fits(kind, resource)) return false;
  if (groups.length > 0 && groups.join('.') !== apiGroup) return false;
  if (parts.length === 0) return true;
  const isCollection = !name && !subresource;
  const [first, second, third] = parts;
  if (parts.length === 3) return fits(first, namespace) && fits(second, name) && fits(third, subresource);
  if (parts.length === 2) {
    if (!named && isCollection && (!namespace || fits(first, namespace))) return true;
    if (!namespace) return fits(first, name) && fits(second, subresource);
    return fits(first, namespace) && (fits(second, name) || fits(second, subresource));
  }
  if (!named && isCollection && !namespace) return true;
  return fits(first, namespace) || (!namespace && fits(first, name)) || fits(first, subresource);
}

function fits(part: string | undefined, value: string | undefined): boolean {
  return part === '*' || part === value;
}
