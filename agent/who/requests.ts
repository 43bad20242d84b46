import type { Event } from './event.ts';
import { join, keyOf, rankOf, requestOf } from './request.ts';
import type { Requests } from './request.ts';

/** Different events of one auditID that are held at once: a client may give it to all that he does. */
const differentMax = 100_000;

/** Events of one stage that are alike, as the requests that they tell of. */
type Stage = Map<string, Requests>;

/** Requests that are alike in all but what became of them. */
interface Answered {
  event: Event;
  begun: Stage;
  ended: Stage;
}

/** What cannot change from stage to stage; the rest is written when it is known. */
interface Alike {
  received: Stage;
  answered: Map<string, Answered>;
}

/**
 * The requests that the events of one auditID tell of. Usually that is one, with up to three events, one a stage. But a client
 * may choose the ID and use it again, so of what is alike there are as many requests as the commonest stage has events: none can
 * hide behind another. Memory goes by what is different, not by the number of events, and has a bound: once it is full, what it
 * has must be taken, and stages of one request that are added before and after that are told as two.
 */
export class RequestTally {
  readonly #alike = new Map<string, Alike>();
  #different = 0;

  get isFull(): boolean {
    return this.#different >= differentMax;
  }

  add(event: Event): void {
    const { user, verb, resource, apiGroup, path } = event;
    const alike = entry(this.#alike, JSON.stringify([user, verb, resource, apiGroup, path]), () => ({
      received: new Map(),
      answered: new Map(),
    }));
    const rank = rankOf(event);
    const one = requestOf(event);
    if (rank === 'received') {
      this.#put(alike.received, keyOf(event), one);
      return;
    }
    const begin = () => ({ event, begun: new Map(), ended: new Map() });
    this.#put(entry(alike.answered, keyOf(event), begin)[rank], `${one.result} ${one.code}`, one);
  }

  #put(stage: Stage, kind: string, one: Requests): void {
    const same = stage.get(kind);
    if (same) return join(same, one);
    this.#different += 1;
    stage.set(kind, one);
  }

  /** What was added since the last call. */
  take(): Requests[] {
    const found = [...this.#alike.values()].flatMap((alike) => toldBy(alike));
    this.#alike.clear();
    this.#different = 0;
    return found;
  }
}

/** Requests that were answered, and how many of them no arrival has been found for. */
interface Told {
  event: Event;
  requests: Requests[];
  free: number;
}

function toldBy({ received, answered }: Alike): Requests[] {
  const told = [...answered.values()].map((each): Told => {
    const requests = answersOf(each);
    return { event: each.event, requests, free: sum(requests) };
  });
  const answersFor = fitting(told);
  // Arrivals that say most choose first whom they belong to.
  const arrivals = [...received.values()].toSorted((a, b) => said(b.event).length - said(a.event).length);
  const left: Requests[] = [];
  for (const arrival of arrivals) {
    const answers = answersFor(arrival.event);
    let open = arrival.count;
    for (let each = answers.at(-1); each && open > 0; each = answers.at(-1)) {
      const taken = Math.min(open, each.free);
      open -= taken;
      each.free -= taken;
      const [only] = each.requests;
      if (taken > 0 && only && each.requests.length === 1) join(only, { ...arrival, count: 0 });
      if (each.free === 0) answers.pop();
    }
    if (open > 0) left.push({ ...arrival, count: open });
  }
  return [...told.flatMap(({ requests }) => requests), ...left];
}

/** What ended, and beyond that what was begun. */
function answersOf({ begun, ended }: Answered): Requests[] {
  const told = [...ended.values()];
  let open = sum(begun.values()) - sum(told);
  for (const requests of begun.values()) {
    const count = Math.min(open, requests.count);
    if (count > 0) told.push({ ...requests, count });
    open -= Math.max(0, count);
  }
  const [only] = told;
  if (only && told.length === 1) for (const requests of begun.values()) join(only, { ...requests, count: 0 });
  return told;
}

/**
 * Finds what a request that arrived can have been answered as, the first at the end: whom it acts as, and what its body names,
 * is only known then (seen on 1.35: `objectRef.name` of a `create`, and `impersonatedUser`, are missing from RequestReceived).
 * By an index for each set of names that arrivals say: to compare each with each, of one ID that a client gave to all that he
 * does, would take hours.
 */
function fitting(told: readonly Told[]): (arrived: Event) => Told[] {
  const indexes = new Map<string, Map<string, Told[]>>();
  return (arrived) => {
    const names = said(arrived);
    const keyBy = (event: Event) => JSON.stringify(names.map((name) => event[name]));
    const index = entry(indexes, names.join(), () =>
      Map.groupBy(told.toReversed(), ({ event }) => keyBy(event)),
    );
    return index.get(keyBy(arrived)) ?? [];
  };
}

const unsaidAtFirst = ['effectiveUser', 'namespace', 'name'] as const;

function said(arrived: Event): (typeof unsaidAtFirst)[number][] {
  return unsaidAtFirst.filter((name) => arrived[name] !== null);
}

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

function sum(requests: Iterable<Requests>): number {
  let total = 0;
  for (const { count } of requests) total += count;
  return total;
}
