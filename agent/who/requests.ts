import { joinAggregated } from './aggregated.ts';
import type { Event } from './event.ts';
import { bytesOf, heldBytesMax } from './held-bytes.ts';
import { join, keyOf, rankOf, requestOf } from './request.ts';
import type { Requests } from './request.ts';

/** Different events of one auditID that are held at once. A client chooses the auditID, and may give one to all of his requests. */
const differentMax = 100_000;

/** Requests seen in one stage, by what became of them; those that are alike are one, counted. */
type Stage = Map<string, Requests>;

/** Requests that were answered and are alike in all but what became of them. */
interface Answered {
  event: Event;
  begun: Stage;
  ended: Stage;
}

/** Requests that are alike in what no stage can change (see {@link lateMembers} for what it can). */
interface Alike {
  received: Stage;
  answered: Map<string, Answered>;
}

/**
 * Joins the events of one auditID to requests. Usually that is one request with up to three events, one a stage. But a client may
 * choose the ID and use it again. So there are as many requests as the stage with most events has, among those that are alike:
 * no request hides behind another. Memory grows with what differs, not with the number of events, and has a bound, by number and by the bytes of its names: once the
 * tally is full, it must be taken, and a request whose stages lie on both sides of that counts twice.
 */
export class RequestTally {
  /** Requests that were joined to the one that was passed on: two apiservers have logged it. */
  aggregated = 0;
  readonly #alike = new Map<string, Alike>();
  readonly #bytesMax: number;
  readonly #apart: readonly ('address' | 'userAgent')[];
  #different = 0;
  #bytes = 0;

  /** @param apart what tells requests apart besides */
  constructor(bytesMax = heldBytesMax, apart: readonly ('address' | 'userAgent')[] = []) {
    this.#bytesMax = bytesMax;
    this.#apart = apart;
  }

  get isFull(): boolean {
    return this.#different >= differentMax || this.#bytes >= this.#bytesMax;
  }

  /** @param finding what a verdict found against the event's document */
  add(event: Event, finding?: string): void {
    const { user, verb, resource, apiGroup, path, container, command, source } = event;
    const apart = this.#apart.map((member) => event[member]);
    const alikeKey = JSON.stringify([
      user,
      verb,
      resource,
      apiGroup,
      path,
      container,
      command,
      source,
      ...apart,
    ]);
    const alike = entry(this.#alike, alikeKey, () => ({
      received: new Map(),
      answered: new Map(),
    }));
    const rank = rankOf(event);
    const one = requestOf(event, finding);
    const key = keyOf(event);
    const keys = [alikeKey, key];
    if (rank === 'received') {
      this.#put(alike.received, key, one, keys);
      return;
    }
    const begin = () => ({ event, begun: new Map(), ended: new Map() });
    this.#put(entry(alike.answered, key, begin)[rank], `${one.result} ${one.code}`, one, keys);
  }

  #put(stage: Stage, kind: string, one: Requests, keys: readonly string[]): void {
    const same = stage.get(kind);
    if (same) return join(same, one);
    this.#different += 1;
    this.#bytes +=
      bytesOf(keys) + bytesOf(Object.values(one.event).filter((value) => typeof value === 'string'));
    stage.set(kind, one);
  }

  /** What was added since the last call. */
  take(): Requests[] {
    const all = [...this.#alike.values()].flatMap((alike) => requestsOf(alike));
    const { requests: found, joined } = joinAggregated(all);
    this.aggregated += joined;
    this.#alike.clear();
    this.#different = 0;
    this.#bytes = 0;
    return found;
  }
}

/** Requests that were answered alike, and for how many of them no RequestReceived was found yet. */
interface Answers {
  event: Event;
  requests: Requests[];
  free: number;
}

function requestsOf({ received, answered }: Alike): Requests[] {
  const all = [...answered.values()].map((each): Answers => {
    const requests = answersOf(each);
    return { event: each.event, requests, free: sum(requests) };
  });
  const answersFor = answersByArrival(all);
  // An arrival with more names fits fewer answers, so it is matched first.
  const arrivals = [...received.values()].toSorted(
    (a, b) => namesIn(b.event).length - namesIn(a.event).length,
  );
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
  return [...all.flatMap(({ requests }) => requests), ...left];
}

/** Requests that ended, and those beyond their number that were only begun. */
function answersOf({ begun, ended }: Answered): Requests[] {
  const requests = [...ended.values()];
  let open = sum(begun.values()) - sum(requests);
  for (const each of begun.values()) {
    const count = Math.min(open, each.count);
    if (count > 0) requests.push({ ...each, count });
    open -= Math.max(0, count);
  }
  const [only] = requests;
  if (only && requests.length === 1) for (const each of begun.values()) join(only, { ...each, count: 0 });
  return requests;
}

/**
 * Finds the answers that a request which arrived can have had, the first of them at the end of the list. Whom it impersonates and
 * what its body names are only known in the answer (seen on Kubernetes 1.35: RequestReceived lacks `objectRef.name` of a `create`,
 * and `impersonatedUser`), so only the names that the arrival has are compared. There is an index for each set of such names:
 * comparing each with each would take hours where a client gave one auditID to all of his requests.
 */
function answersByArrival(all: readonly Answers[]): (arrived: Event) => Answers[] {
  const indexes = new Map<string, Map<string, Answers[]>>();
  return (arrived) => {
    const names = namesIn(arrived);
    const keyBy = (event: Event) => JSON.stringify(names.map((name) => event[name]));
    const index = entry(indexes, names.join(), () =>
      Map.groupBy(all.toReversed(), ({ event }) => keyBy(event)),
    );
    return index.get(keyBy(arrived)) ?? [];
  };
}

/** What the answer may know and RequestReceived may not. */
const lateMembers = ['effectiveUser', 'namespace', 'name'] as const;

function namesIn(arrived: Event): (typeof lateMembers)[number][] {
  return lateMembers.filter((name) => arrived[name] !== null);
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
