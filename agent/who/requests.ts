import type { Event } from './event.ts';

/**
 * What became of requests:
 * - `ok`, `denied` (by authentication, authorization or admission), `failed` otherwise
 * - `begun`: an answer was begun (exec, port-forward, watch), its end is not among the events asked for
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
}

/** Beyond it, addresses of one kind of request are not told apart any more. */
export const addressesMax = 32;

/** The events of one stage, by what they say of the outcome. */
type Stage = Map<string, Requests>;

/**
 * The requests that the events of one auditID tell of. Usually that is one, with up to three events, one a stage. But a client
 * may choose the ID and use it again, so of what is alike there are as many requests as the commonest stage has events: none can
 * hide behind another. Memory goes by what is different, not by the number of events.
 */
export class RequestTally {
  readonly #alike = new Map<string, Record<'received' | 'begun' | 'ended', Stage>>();

  add(event: Event): void {
    const key = keyOf(event);
    let stages = this.#alike.get(key);
    if (!stages) this.#alike.set(key, (stages = { received: new Map(), begun: new Map(), ended: new Map() }));
    const stage = stages[rankOf(event)];
    const one = requestOf(event);
    const kind = `${one.result} ${one.code}`;
    const same = stage.get(kind);
    if (same) join(same, one);
    else stage.set(kind, one);
  }

  /** What was added since the last call. */
  take(): Requests[] {
    const found = [...this.#alike.values()].flatMap(({ received, begun, ended }) => {
      const total = Math.max(countOf(received), countOf(begun), countOf(ended));
      const told = [...ended.values()];
      let open = total - countOf(ended);
      // What has no end is told by its beginning, and without one by its arrival.
      for (const requests of [...begun.values(), ...received.values()]) {
        if (open <= 0) break;
        told.push({ ...requests, count: Math.min(open, requests.count) });
        open -= requests.count;
      }
      const [only] = told;
      if (only && told.length === 1)
        for (const { first, last, addresses } of [...begun.values(), ...received.values()])
          join(only, { ...only, count: 0, first, last, addresses });
      return told;
    });
    this.#alike.clear();
    return found;
  }
}

/** What a request was, but for what became of it and where it came from. */
export function keyOf(event: Event): string {
  const { user, effectiveUser, verb, resource, apiGroup, namespace, name, path } = event;
  return JSON.stringify([user, effectiveUser, verb, resource, apiGroup, namespace, name, path]);
}

function requestOf(event: Event): Requests {
  const { code, time, address } = event;
  const addresses = new Set(address === null ? [] : [address]);
  return { event, result: resultOf(event), code, count: 1, first: time, last: time, addresses };
}

function join(to: Requests, { count, first, last, addresses }: Requests): void {
  to.count += count;
  if (first < to.first) to.first = first;
  if (last > to.last) to.last = last;
  // One more than is shown tells that there were more.
  for (const address of addresses) if (to.addresses.size <= addressesMax) to.addresses.add(address);
}

function countOf(stage: Stage): number {
  let sum = 0;
  for (const { count } of stage.values()) sum += count;
  return sum;
}

function rankOf({ stage, code }: Event): 'ended' | 'begun' | 'received' {
  if (stage === 'ResponseStarted') return 'begun';
  if (stage === 'RequestReceived') return 'received';
  // The refused form does not say its stage; what was refused for its bodies had an answer.
  return stage === null && code === null ? 'received' : 'ended';
}

function resultOf(event: Event): Result {
  if (event.isDenied) return 'denied';
  if (event.outcome === 'failure') return 'failed';
  if (event.outcome !== 'success') return 'unknown';
  return rankOf(event) === 'ended' ? 'ok' : 'begun';
}
