import { rankOf } from './request.ts';
import type { Requests } from './request.ts';

/**
 * Makes one request of what two apiservers have logged of it: the kube-apiserver passes requests for aggregated APIs on, with their Audit-ID, and
 * both write events. A client chooses the ID, and must not hide one request of its own behind another. So only those are
 * joined that are alike, one of each source, seen as ended, the one within the time of the other: the client has one of them, and the
 * aggregator makes the other while that lasts. What is left of a joined request is the outer one, whose address is the client's.
 *
 * @param found the requests of one Audit-ID
 * @returns them, and how many were joined to another
 */
export function joinAggregated(found: readonly Requests[]): { requests: Requests[]; joined: number } {
  if (found.length < 2 || new Set(found.map(({ event }) => event.source)).size < 2)
    return { requests: [...found], joined: 0 };
  const groups = Map.groupBy(found, likenessOf);
  const requests = [...groups.values()].flatMap((group) => (isOneOfEach(group) ? outermost(group) : group));
  return { requests, joined: found.length - requests.length };
}

/** The same request in the words of both: who made it is looked at apart, since an impersonated user is the aggregated apiserver's user. */
function likenessOf({ event, result, code }: Requests): string {
  const { verb, resource, apiGroup, namespace, name, path, stage, source } = event;
  const cluster = source?.split('/')[0];
  return JSON.stringify([cluster, verb, resource, apiGroup, namespace, name, path, stage, result, code]);
}

function isOneOfEach(group: readonly Requests[]): boolean {
  return (
    group.length > 1 &&
    new Set(group.map(({ event }) => event.source)).size === group.length &&
    group.every(
      ({ event, count }) => count === 1 && rankOf(event) === 'ended' && event.source && event.received,
    )
  );
}

/** Without those that lie within the time of another. */
function outermost(group: readonly Requests[]): Requests[] {
  const sorted = group.toSorted(
    (a, b) => compare(a.event.received, b.event.received) || compare(b.event.time, a.event.time),
  );
  const outer: Requests[] = [];
  for (const each of sorted) {
    const before = outer.at(-1);
    if (before === undefined || !isWithin(each, before)) outer.push(each);
  }
  return outer;
}

function isWithin({ event: inner }: Requests, { event: outer }: Requests): boolean {
  const isSameUser = inner.user !== null && [outer.user, outer.effectiveUser].includes(inner.user);
  return isSameUser && compare(outer.received, inner.received) <= 0 && compare(inner.time, outer.time) <= 0;
}

/** Times of one form, RFC 3339 in UTC with milliseconds. */
function compare(a: string | null | undefined, b: string | null | undefined): number {
  const [one, other] = [a ?? '', b ?? ''];
  return one < other ? -1 : Number(one > other);
}
