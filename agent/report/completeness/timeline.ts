import { logName } from '../../seal/index.ts';
import type { Manifest } from '../../seal/index.ts';

/** A part of the time that was asked for. */
export interface Slot {
  /** RFC 3339. */
  from: string;
  batches: number;
  /** Events that were sealed, and lines that the policy dropped. */
  events: number;
  dropped: number;
  gaps: number;
}

/** Of one (cluster, node, source): how many batches it sealed in each slot. */
export interface Lane {
  name: string;
  batches: number[];
  gaps: number[];
}

export interface TimelineReport {
  from: string;
  to: string;
  slotSeconds: number;
  slots: Slot[];
  lanes: Lane[];
  /** Logs beyond those. */
  moreLanes: number;
}

const slotsMax = 60;
/** More than the control-plane nodes of a large installation; a chart of more cannot be read. */
const lanesMax = 120;

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const widths: readonly number[] = [
  1,
  5,
  15,
  minute,
  5 * minute,
  15 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  14 * day,
  28 * day,
  56 * day,
  112 * day,
  224 * day,
  448 * day,
];

/**
 * Batches in slots of one width, by the time of their latest event; those without events by when they were sealed. What is before or
 * after the time belongs to the first or last slot: a batch is read whole, and heartbeats go on after the last event.
 */
export class Timeline {
  readonly #since: number;
  readonly #until: number;
  readonly #slotMilliseconds: number;
  readonly #slots: Slot[];
  readonly #lanes = new Map<string, Lane>();
  readonly #more = new Set<string>();

  /** Milliseconds since 1970. */
  constructor({ since, until }: { since: number; until: number }) {
    const seconds = (until - since) / 1000;
    const width = widths.find((each) => seconds / each <= slotsMax) ?? Math.ceil(seconds / slotsMax);
    this.#slotMilliseconds = width * 1000;
    this.#since = Math.floor(since / this.#slotMilliseconds) * this.#slotMilliseconds;
    this.#until = until;
    const count = Math.max(1, Math.ceil((until - this.#since) / this.#slotMilliseconds));
    this.#slots = Array.from({ length: count }, (_, at) => ({
      from: new Date(this.#since + at * this.#slotMilliseconds).toISOString(),
      batches: 0,
      events: 0,
      dropped: 0,
      gaps: 0,
    }));
  }

  take({ origin, latest, sealedAt, count, gaps }: Manifest, dropped: number): void {
    const time = Date.parse(latest ?? sealedAt);
    const placed = Number.isNaN(time) ? Date.parse(sealedAt) : time;
    const at = Math.floor((placed - this.#since) / this.#slotMilliseconds);
    const place = Math.min(this.#slots.length - 1, Math.max(0, at));
    const slot = this.#slots[place]!;
    slot.batches += 1;
    slot.events += count;
    slot.dropped += dropped;
    slot.gaps += gaps.length;
    const lane = this.#laneOf(logName(origin));
    if (!lane) return;
    lane.batches[place]! += 1;
    lane.gaps[place]! += gaps.length;
  }

  report(): TimelineReport {
    return {
      from: new Date(this.#since).toISOString(),
      to: new Date(this.#until).toISOString(),
      slotSeconds: this.#slotMilliseconds / 1000,
      slots: this.#slots,
      lanes: [...this.#lanes.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      moreLanes: this.#more.size,
    };
  }

  #laneOf(name: string): Lane | undefined {
    const found = this.#lanes.get(name);
    if (found) return found;
    if (this.#lanes.size >= lanesMax) {
      this.#more.add(name);
      return undefined;
    }
    const nothing = () => Array.from(this.#slots, () => 0);
    const lane: Lane = { name, batches: nothing(), gaps: nothing() };
    this.#lanes.set(name, lane);
    return lane;
  }
}
