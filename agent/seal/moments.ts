/** A tenth of a second, unless an RFC 3339 time in UTC is shorter. */
const keyLength = '2026-11-23T01:06:03.4'.length;
const keysMax = 128;

/** How many events happened when: milliseconds since 1970, events. */
export type Moment = [at: number, events: number];

/**
 * When the events of one batch happened, to a tenth of a second, for the latency of each to its acknowledgement. Bounded:
 * a backlog's batch may span days; from `keysMax` different times on, an event counts as one that happened just before it.
 */
export class Moments {
  readonly #counts = new Map<string, { events: number }>();
  #key = '-';
  #last: { events: number } | undefined;

  /** `timestamp` is RFC 3339 in UTC with `Z`, as the documents' `@timestamp`. */
  add(timestamp: string): void {
    if (!this.#last || !timestamp.startsWith(this.#key)) this.#turnTo(timestamp.slice(0, keyLength));
    this.#last!.events += 1;
  }

  /** In the order in which they were read. */
  list(): Moment[] {
    return [...this.#counts].map(([key, { events }]) => [Date.parse(key.replace(/Z?$/u, 'Z')), events]);
  }

  #turnTo(key: string): void {
    const known = this.#counts.get(key);
    if (known) [this.#last, this.#key] = [known, key];
    else if (!this.#last || this.#counts.size < keysMax) {
      [this.#last, this.#key] = [{ events: 0 }, key];
      this.#counts.set(key, this.#last);
    }
  }
}

/** What `JSON.stringify` made of a list; an empty one if it is anything else. */
export function parseMoments(text: string): Moment[] {
  const list: unknown = JSON.parse(text);
  return Array.isArray(list) ? (list as Moment[]).filter(([at]) => typeof at === 'number') : [];
}
