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
  const ofOneId = new Map<string, RawEvent[]>();
  for (const event of events) ofOneId.set(event.auditID, [...(ofOneId.get(event.auditID) ?? []), event]);
  for (const stages of ofOneId.values()) {
    for (const { event, of } of requestsOf(stages)) {
      const [result, code] = resultOf(event);
      const what = { ...whatOf(event), ...sessionOf(event), result, code };
      // A session in a pod has a row of its own.
      const key = JSON.stringify([what, isSession(event) ? rows.size : '']);
      const times = of.map(({ stageTimestamp }) => `${stageTimestamp.slice(0, 23)}Z`).toSorted();
      const [first = '', last = ''] = [times[0], times.at(-1)];
      const row = rows.get(key) ?? { ...what, requests: 0, first, last, addresses: [], moreAddresses: false };
      rows.set(key, row);
      row.requests += 1;
      if (first < row.first) row.first = first;
      if (last > row.last) row.last = last;
      const own = of.flatMap(({ sourceIPs }) => sourceIPs?.at(-1) ?? []);
      row.addresses = [...new Set([...row.addresses, ...own])].toSorted();
    }
  }
  return [...rows.values()];
}

const order = ['ResponseComplete', 'Panic', 'ResponseStarted', 'RequestReceived'];

/**
 * The requests of one Audit-ID, each with the event that tells its result, and all its events: an event of an earlier stage
 * belongs to the first request that is like it and still lacks one of its stage. When it arrives, a request may not have its
 * name, namespace and impersonated user yet.
 */
function requestsOf(events: readonly RawEvent[]): { event: RawEvent; of: RawEvent[] }[] {
  const sorted = events.toSorted((a, b) => order.indexOf(a.stage) - order.indexOf(b.stage));
  const requests: { event: RawEvent; of: RawEvent[] }[] = [];
  for (const event of sorted) {
    const isEnd = event.stage === 'ResponseComplete' || event.stage === 'Panic';
    const whole = requests.find(
      (request) =>
        !isEnd && isLike(event, request.event) && request.of.every(({ stage }) => stage !== event.stage),
    );
    if (whole) whole.of.push(event);
    else requests.push({ event, of: [event] });
  }
  // Of requests that are alike and ended differently, nobody knows whose an earlier stage is: their times are their ends'.
  return requests.map((request) => {
    const alike = requests.filter(({ event }) => sameText(whatOf(event), whatOf(request.event)));
    const isCertain = alike.every(({ event }) => sameText(resultOf(event), resultOf(request.event)));
    return isCertain ? request : { ...request, of: [request.event] };
  });
}

function sameText(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isLike(earlier: RawEvent, later: RawEvent): boolean {
  const open = new Set(['effectiveUser', 'namespace', 'name']);
  const [a, b] = [whatOf(earlier), whatOf(later)];
  return Object.keys(a).every(
    (key) => a[key] === b[key] || (earlier.stage === 'RequestReceived' && open.has(key) && a[key] === null),
  );
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

function isSession({ objectRef }: RawEvent): boolean {
  const { resource, subresource } = objectRef ?? {};
  return resource === 'pods' && ['exec', 'attach', 'portforward'].includes(subresource ?? '');
}

/** Of the recorded commands no word has a quote. */
function sessionOf(event: RawEvent): PlainRow {
  if (!isSession(event)) return {};
  const pairs = (event.requestURI.split('?')[1] ?? '')
    .split('&')
    .map((pair) => pair.split('=') as [string, string]);
  const all = (name: string) =>
    pairs.filter(([key]) => key === name).map(([, value]) => decodeURIComponent(value));
  return {
    container: all('container')[0] ?? null,
    command:
      all('command')
        .map((word) => (word.includes(' ') ? `"${word}"` : word))
        .join(' ') || null,
  };
}

/** For comparing: rows and addresses have no order that says anything, and the lines know nothing of `event.id`. */
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
  return Object.keys(row)
    .filter((key) => key !== 'session')
    .toSorted();
}

const subresources = new Set(
  'approval attach binding ephemeralcontainers eviction exec finalize log portforward proxy resize scale status token'.split(
    ' ',
  ),
);

/**
 * Whether a request is one that `--resource` asks for: one part is a namespace, the name of an object without a namespace, or
 * a subresource; two are a namespace and a name, a name and its subresource, or a namespace and a subresource; three are all of
 * them. What is known as a subresource is that alone. Unless only what is named is wanted, requests on a whole collection
 * count too where the object may be in it.
 */
export function covers(wanted: string, { objectRef, verb }: RawEvent, named: boolean): boolean {
  const [head = '', ...parts] = wanted.split('/');
  const [kind, ...groups] = head.split('.');
  const { resource, apiGroup, namespace, name, subresource } = objectRef ?? {};
  if (!resource || !fits(kind, resource)) return false;
  if (groups.length > 0 && groups.join('.') !== apiGroup) return false;
  const [first, second, third] = parts;
  if (parts.length === 3) return fits(first, namespace) && fits(second, name) && fits(third, subresource);
  const isSubresource = subresources.has(parts.at(-1) ?? '');
  const isCollection = ['list', 'watch', 'deletecollection'].includes(verb ?? '') && !name && !subresource;
  const mayHold = !named && !isSubresource && isCollection;
  if (parts.length === 2) {
    if (mayHold && (!namespace || fits(first, namespace))) return true;
    if (!namespace) return fits(first, name) && fits(second, subresource);
    return fits(first, namespace) && ((fits(second, name) && !isSubresource) || fits(second, subresource));
  }
  if (parts.length === 0 || fits(first, subresource)) return true;
  if (isSubresource) return false;
  return (mayHold && !namespace) || fits(first, namespace) || (!namespace && fits(first, name));
}

function fits(part: string | undefined, value: string | undefined): boolean {
  return part === '*' || part === value;
}
