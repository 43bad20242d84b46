import type { EndpointSettings } from '../config/index.ts';
import { byUrgency } from './alert.ts';
import type { Alert } from './alert.ts';
import { messageOf } from './message.ts';
import type { Message } from './message.ts';

/** Groups of which it is remembered when they were last told: as many as an outbox has, some times over. */
const groupsMax = 2000;
/** Messages that may go at once after a pause. */
const burst = 5;

export interface QueueOptions extends Pick<EndpointSettings, 'groupSeconds' | 'perMinuteMax'> {
  /** The receiver groups by itself: nothing is held back to be told together. */
  readonly groupsItself: boolean;
  /** Alerts of one message. */
  readonly alertsMax: number;
  /** Rows that may wait; of more the oldest are dropped. */
  readonly rowsMax: number;
}

/** What is to be told next: a message, or how long it has to wait; undefined where nothing waits. */
export type Next = { readonly message: Message } | { readonly waitMilliseconds: number } | undefined;

/**
 * What waits for one endpoint. Of a group the first alert goes at once; what follows within `groupSeconds` is told together, behind
 * them. Where more groups wait than the rate allows, all that waits is one digest.
 */
export class Queue {
  readonly #options: QueueOptions;
  #rows: Alert[] = [];
  /** Milliseconds: when a group was last told, the longest ago first. */
  readonly #toldAt = new Map<string, number>();
  #tokens: number;
  #tokensAt: number | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#tokens = this.#burst;
  }

  get size(): number {
    return this.#rows.length;
  }

  /** Takes rows of the outbox, in order; gives how many of the oldest had no room, which the outbox has dropped as well. */
  add(rows: readonly Alert[]): number {
    this.#rows.push(...rows);
    const dropped = Math.max(0, this.#rows.length - this.#options.rowsMax);
    this.#rows.splice(0, dropped);
    return dropped;
  }

  /** @param now in milliseconds, of a clock that only goes forward */
  next(now: number, at: Date): Next {
    this.#fill(now);
    const groups = Map.groupBy(this.#rows, ({ group }) => group);
    const waits = [...groups.keys()].map((group) => ({ group, milliseconds: this.#waitOf(group, now) }));
    const ready = waits
      .filter(({ milliseconds }) => milliseconds <= 0)
      .map(({ group }) => groups.get(group)!);
    if (ready.length === 0)
      return waits.length === 0
        ? undefined
        : { waitMilliseconds: Math.min(...waits.map(({ milliseconds }) => milliseconds)) };
    if (this.#tokens < 1)
      return { waitMilliseconds: Math.ceil((1 - this.#tokens) * this.#tokenMilliseconds) };
    const { groupsItself, alertsMax } = this.#options;
    if (groupsItself) return { message: messageOf(ready.slice(0, alertsMax).flat(), at) };
    if (ready.length > this.#tokens) return { message: messageOf(ready.flat(), at) };
    const [first] = ready.toSorted((a, b) => byUrgency(a[0]!.severity, b[0]!.severity));
    return { message: messageOf(first!, at) };
  }

  /** A try counts, whatever comes of it. */
  tried(): void {
    this.#tokens -= 1;
  }

  /** Was told. */
  told({ keys, alerts }: Message, now: number): void {
    const gone = new Set(keys);
    this.#rows = this.#rows.filter(({ key }) => !gone.has(key));
    for (const { group } of alerts) {
      this.#toldAt.delete(group);
      this.#toldAt.set(group, now);
    }
    for (const group of this.#toldAt.keys()) {
      if (this.#toldAt.size <= groupsMax && this.#waitOf(group, now) > 0) break;
      this.#toldAt.delete(group);
    }
  }

  #waitOf(group: string, now: number): number {
    const told = this.#toldAt.get(group);
    if (told === undefined || this.#options.groupsItself) return 0;
    return told + this.#options.groupSeconds * 1000 - now;
  }

  #fill(now: number): void {
    const gained = (now - (this.#tokensAt ?? now)) / this.#tokenMilliseconds;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#tokensAt = now;
  }

  get #tokenMilliseconds(): number {
    return 60_000 / this.#options.perMinuteMax;
  }

  get #burst(): number {
    return Math.max(1, Math.min(burst, this.#options.perMinuteMax));
  }
}
