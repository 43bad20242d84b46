import { hash } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../json/index.ts';
import type { Rule } from './rule.ts';
import type { WindowText } from './schema.ts';
import type { Values } from './values.ts';

/**
 * Combinations that a rule remembers at once. Who can make up more (addresses, user agents) can make it forget the oldest, so built-in
 * rules go by what a client does not choose.
 */
const keysMax = 1024;

/** Milliseconds since 1970, each with the value that it was seen with where values are counted. */
type Seen = [time: number] | [time: number, value: string];

/** What a window remembers of one combination. */
type Entry = Seen[];

const windowState = z.object({
  digest: z.string(),
  since: z.number(),
  entries: z.array(
    z.tuple([z.string(), z.array(z.tuple([z.number()]).or(z.tuple([z.number(), z.string()])))]),
  ),
});

export type WindowState = z.infer<typeof windowState>;

/** What the windows of one source have remembered, by rule: stored with each batch. */
const windowStates = z.record(z.string(), windowState);

export type WindowStates = z.infer<typeof windowStates>;

/** What was stored; undefined if it was nothing, or is damaged: the windows then begin anew. */
export function parseWindows(text: string | undefined): WindowStates | undefined {
  if (text === undefined || text === '') return undefined;
  const { data } = windowStates.safeParse(parseJson(Buffer.from(text)));
  return data;
}

/** What several events of one source have to do with one another, for one rule. Bounded, whatever comes. */
export class Window {
  readonly #rule: Rule;
  readonly #text: WindowText;
  readonly #entries: Map<string, Entry>;
  /** When the first event was looked at; NaN before. */
  #since: number;

  constructor(rule: Rule, text: WindowText, state?: WindowState) {
    this.#rule = rule;
    this.#text = text;
    const known = state?.digest === rule.windowDigest ? state : undefined;
    this.#since = known?.since ?? NaN;
    this.#entries = new Map(known?.entries.slice(-keysMax));
  }

  get state(): WindowState {
    return {
      digest: this.#rule.windowDigest,
      since: Number.isNaN(this.#since) ? 0 : this.#since,
      entries: [...this.#entries],
    };
  }

  /**
   * Whether an event that meets `when` (`isHit`), or `after` (`isFirst`), makes the rule fire. `time` in milliseconds since 1970.
   */
  fires(values: Values, time: number, { isHit, isFirst }: { isHit: boolean; isFirst: boolean }): boolean {
    if (Number.isNaN(this.#since) || this.#since === 0) this.#since = time;
    const key = this.#keyOf(values);
    const entry = this.#counting(key, time);
    const { count, distinct, first_seen: firstSeen } = this.#text;
    if (count !== undefined) return this.#gather(key, entry, [time], count);
    if (distinct !== undefined) {
      const value = digestOf(lengthened(values.read(this.#rule.distinctOf!)));
      const same = entry.findIndex(([, seen]) => seen === value);
      if (same >= 0) entry.splice(same, 1);
      return this.#gather(key, entry, [time, value], distinct.count);
    }
    if (firstSeen !== undefined) return this.#first(key, entry, time, firstSeen.learn_seconds);
    const fires = isHit && entry.length > 0;
    if (isFirst) this.#keep(key, [[time]]);
    else if (fires) this.#entries.delete(key);
    return fires;
  }

  /** What is remembered of a combination, without what no longer counts. */
  #counting(key: string, time: number): Entry {
    const entry = this.#entries.get(key);
    if (entry === undefined) return [];
    return entry.every(([at]) => this.#counts(at, time))
      ? entry
      : entry.filter(([at]) => this.#counts(at, time));
  }

  /** Fires at the last of as many as it takes, and begins anew. */
  #gather(key: string, entry: Entry, seen: Seen, needed: number): boolean {
    entry.push(seen);
    if (entry.length >= needed) {
      this.#entries.delete(key);
      return true;
    }
    this.#keep(key, entry);
    return false;
  }

  #first(key: string, [last]: Entry, time: number, learnSeconds: number): boolean {
    // Not at each event: what is remembered is stored again whenever it changes.
    if (last === undefined || time - last[0] > this.#text.seconds * 50) this.#keep(key, [[time]]);
    return last === undefined && time - this.#since >= learnSeconds * 1000;
  }

  #keep(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > keysMax) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** Other apiservers' clocks, and lines that are read late, do not come in order. */
  #counts(at: number, time: number): boolean {
    return Math.abs(time - at) <= this.#text.seconds * 1000;
  }

  #keyOf(values: Values): string {
    let text = '';
    for (const number of this.#rule.by) text += lengthened(values.read(number));
    return digestOf(text);
  }
}

/** So that no two lists of values are the same text. */
function lengthened(value: unknown): string {
  const text = typeof value === 'string' ? value : typeof value === 'symbol' ? '' : JSON.stringify(value);
  return `${text.length}:${text}`;
}

const digestsMax = 4096;
const digests = new Map<string, string>();

/** 64 bits: what a client chose is as short as all else, and the state holds no names. */
function digestOf(text: string): string {
  const known = digests.get(text);
  if (known !== undefined) return known;
  const digest = hash('sha256', text, 'base64').slice(0, 11);
  if (text.length > 512) return digest;
  if (digests.size >= digestsMax) digests.clear();
  digests.set(text, digest);
  return digest;
}
