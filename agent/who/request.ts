import type { Event } from './event.ts';

/**
 * What became of requests:
 * - `ok`, `denied` (by authentication, authorization or admission), `failed` otherwise
 * - `begun`: an answer was begun (exec, port-forward, watch), and its end is not among the events
 * - `unknown`: no answer was logged: the apiserver died, the policy left the other stages out, or they are out of the time asked for
 */
export type Result = 'ok' | 'denied' | 'failed' | 'begun' | 'unknown';

/** Requests that are alike but for their time. */
export interface Requests {
  /** One of their events. */
  event: Event;
  result: Result;
  code: number | null;
  count: number;
  /** Time of the first and of the last of their events. */
  first: string;
  last: string;
  addresses: Set<string>;
  /** What a verdict found against their documents. */
  findings: Set<string>;
}

/** Addresses that are listed of one kind of request. */
export const addressesMax = 32;

/** What a request was, but for what became of it and where it came from. */
export function keyOf(event: Event): string {
  return JSON.stringify(told.map((member) => event[member]));
}

const told = [
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
  'grant',
  'credential',
] as const;

/** The request of one event. */
export function requestOf(event: Event, finding?: string): Requests {
  const { code, time, address } = event;
  const addresses = new Set(address === null ? [] : [address]);
  const findings = new Set(finding === undefined ? [] : [finding]);
  return { event, result: resultOf(event), code, count: 1, first: time, last: time, addresses, findings };
}

/** Adds requests that are alike. */
export function join(to: Requests, { count, first, last, addresses, findings }: Requests): void {
  to.count += count;
  if (first < to.first) to.first = first;
  if (last > to.last) to.last = last;
  // One more than is listed shows that there were more.
  for (const address of addresses) if (to.addresses.size <= addressesMax) to.addresses.add(address);
  for (const finding of findings) to.findings.add(finding);
}

/** Which stage of its request an event is. */
export function rankOf({ stage, code }: Event): 'ended' | 'begun' | 'received' {
  if (stage === 'ResponseStarted') return 'begun';
  if (stage === 'RequestReceived') return 'received';
  // The refused form has no stage. A status code is there only once there was an answer.
  return stage === null && code === null ? 'received' : 'ended';
}

function resultOf(event: Event): Result {
  if (event.isDenied) return 'denied';
  if (event.outcome === 'failure') return 'failed';
  if (event.outcome !== 'success') return 'unknown';
  return rankOf(event) === 'ended' ? 'ok' : 'begun';
}
