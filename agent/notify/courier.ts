import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { Logger, NotificationMeter } from '../observe/index.ts';
import type { Notice } from '../seal/index.ts';
import type { Committer } from '../store/index.ts';
import type { Alert } from './alert.ts';
import type { Endpoint } from './endpoint.ts';
import type { Form, Message } from './message.ts';
import type { Outcome } from './outcome.ts';
import type { Queue } from './queue.ts';

const pauseMilliseconds = { least: 1000, most: 300_000 };
/** How often it is looked whether the files of an endpoint that is off are others. */
const offLookMilliseconds = 30_000;
/** A receiver that was mended shall be told without a restart; one that said 410 has said it for good. */
const offMilliseconds = 3_600_000;
/** How often a failure is logged while it lasts. */
const sayMilliseconds = 300_000;

export interface CourierParts {
  readonly endpoint: Endpoint;
  readonly queue: Queue;
  readonly committer: Committer;
  readonly meter: NotificationMeter;
  readonly logger: Logger;
  readonly now: () => Date;
  /** What belongs into the log. */
  readonly onNotice: (notice: Notice) => void;
}

/** It may work another time. */
class Later extends Error {
  readonly seconds: number;

  constructor(seconds: number) {
    super('later');
    this.seconds = seconds;
  }
}

/** Brings one endpoint what waits for it, one message after another. */
export class Courier {
  readonly #parts: CourierParts;
  #wake = new AbortController();
  /** Nothing can be told before a time that was waited for, or something new. */
  #isResting = false;
  #isOff = false;
  #saidAt = -Infinity;
  #droppedUnsaid = 0;
  #droppedSaidAt = -Infinity;
  #onSettled: (() => void) | undefined;

  constructor(parts: CourierParts) {
    this.#parts = parts;
    parts.meter.declare(parts.endpoint.name);
  }

  add(rows: readonly { key: string; alert: Alert | undefined }[]): void {
    const { queue, meter, endpoint } = this.#parts;
    const readable = rows.flatMap(({ alert }) => (alert === undefined ? [] : [alert]));
    this.#forget(rows.filter(({ alert }) => alert === undefined).map(({ key }) => key));
    const dropped = queue.add(readable) + rows.length - readable.length;
    if (dropped > 0) this.#dropped(dropped);
    meter.waiting(endpoint.name, queue.size);
    this.#isResting = false;
    this.#wake.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { queue, now, meter, endpoint } = this.#parts;
    while (!signal.aborted) {
      const next = queue.next(performance.now(), now());
      if (next !== undefined && 'message' in next) {
        await this.#deliver(next.message, signal);
        meter.waiting(endpoint.name, queue.size);
        continue;
      }
      this.#isResting = !this.#wake.signal.aborted;
      if (this.#isResting) this.#onSettled?.();
      await this.#rest(next?.waitMilliseconds, signal);
      this.#isResting = false;
    }
  }

  /** Resolves when nothing can be told at once. */
  async settled(): Promise<void> {
    if (this.#isOff || this.#isResting) return;
    await new Promise<void>((resolve) => (this.#onSettled = resolve));
  }

  async close(): Promise<void> {
    await this.#parts.endpoint.close();
  }

  /** Tries until it is delivered, or the stop. While it is off, nothing is tried. */
  async #deliver(message: Message, signal: AbortSignal): Promise<void> {
    let form: Form = 'whole';
    for (;;) {
      const outcome = await this.#untilAnswered(message, form, signal);
      if (outcome === undefined) return;
      if (outcome.kind === 'delivered') return this.#delivered(message);
      if (outcome.kind === 'unfit' && form === 'whole') form = 'bare';
      else if (outcome.kind === 'unfit' || outcome.kind === 'off') {
        await this.#off(outcome, signal);
        form = 'whole';
      }
      if (signal.aborted) return;
    }
  }

  /** Tries until the answer is none of those that may change by themselves; undefined at the stop. */
  async #untilAnswered(message: Message, form: Form, signal: AbortSignal): Promise<Outcome | undefined> {
    const { endpoint, queue, meter } = this.#parts;
    const attempt = async () => {
      queue.tried();
      const outcome = await endpoint.send(message, form, signal);
      if (outcome.kind === 'delivered') return outcome;
      if (signal.aborted) throw signal.reason;
      meter.failed(endpoint.name);
      if (outcome.kind !== 'later') return outcome;
      this.#say(outcome.why);
      throw new Later(outcome.seconds ?? 0);
    };
    try {
      return await pRetry(attempt, {
        retries: Infinity,
        minTimeout: pauseMilliseconds.least,
        maxTimeout: pauseMilliseconds.most,
        randomize: true,
        signal,
        onFailedAttempt: async ({ error, retryDelay }) => {
          const more = (error instanceof Later ? error.seconds * 1000 : 0) - retryDelay;
          if (more > 0) await delay(more, undefined, { signal });
        },
      });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  #delivered(message: Message): void {
    const { endpoint, queue, meter, logger } = this.#parts;
    queue.told(message, performance.now());
    meter.delivered(endpoint.name);
    this.#saidAt = -Infinity;
    this.#forget(message.keys);
    logger.debug({ 'auditseal.endpoint': endpoint.name, 'event.id': message.id }, 'notified');
  }

  /** A crash before this is durable has it told again, under the same keys. */
  #forget(keys: readonly string[]): void {
    if (keys.length === 0) return;
    const { committer, endpoint } = this.#parts;
    const notified = keys.map((key) => ({ endpoint: endpoint.name, key }));
    // What fails here fails every commit, and is said there.
    committer.commitLazily({ notified }).catch(() => undefined);
  }

  /** Until it may be tried again: its files have changed, or, unless the receiver has said that it is gone, an hour has passed. */
  async #off(outcome: Exclude<Outcome, { kind: 'delivered' | 'later' }>, signal: AbortSignal): Promise<void> {
    const { endpoint, meter, logger, now, onNotice } = this.#parts;
    const about = { 'auditseal.endpoint': endpoint.name };
    const isGone = outcome.kind === 'off' && outcome.isGone;
    const { why } = outcome;
    this.#isOff = true;
    this.#onSettled?.();
    meter.off(endpoint.name, true);
    onNotice({ kind: 'notify', at: now().toISOString(), endpoint: endpoint.name, state: 'off', why });
    logger.error(
      about,
      `the endpoint is switched off: it ${why}; mend its settings or its receiver; it is tried again when a file that it names has changed, at the next start${isGone ? '' : ', and in an hour'}; what waits for it stays`,
    );
    const until = isGone ? Infinity : performance.now() + offMilliseconds;
    while (!signal.aborted && performance.now() < until && !(await endpoint.readAgain()))
      await delay(offLookMilliseconds, undefined, { signal }).catch(() => undefined);
    this.#isOff = false;
    if (signal.aborted) return;
    meter.off(endpoint.name, false);
    onNotice({ kind: 'notify', at: now().toISOString(), endpoint: endpoint.name, state: 'on' });
    logger.info(about, 'the endpoint is tried again');
  }

  #dropped(dropped: number): void {
    const { endpoint, meter, now, onNotice, logger } = this.#parts;
    meter.dropped(endpoint.name, dropped);
    this.#droppedUnsaid += dropped;
    // While an outage lasts, each batch may drop some.
    if (performance.now() - this.#droppedSaidAt < sayMilliseconds) return;
    this.#droppedSaidAt = performance.now();
    const count = this.#droppedUnsaid;
    this.#droppedUnsaid = 0;
    onNotice({ kind: 'notify', at: now().toISOString(), endpoint: endpoint.name, state: 'dropped', count });
    logger.warn(
      { 'auditseal.endpoint': endpoint.name },
      `${count} notifications were dropped, the oldest: the outbox is full; the events behind them are sealed as all others`,
    );
  }

  #say(why: string): void {
    const { endpoint, logger } = this.#parts;
    if (performance.now() - this.#saidAt < sayMilliseconds) return;
    this.#saidAt = performance.now();
    logger.warn(
      { 'auditseal.endpoint': endpoint.name },
      `the endpoint could not be told: ${why}; it is tried again, and nothing else waits for it`,
    );
  }

  async #rest(milliseconds: number | undefined, signal: AbortSignal): Promise<void> {
    if (!this.#wake.signal.aborted) {
      const woken = AbortSignal.any([signal, this.#wake.signal]);
      // A timer of Node's has 31 bits.
      await delay(Math.min(milliseconds ?? 2 ** 30, 2 ** 30), undefined, { signal: woken }).catch(
        () => undefined,
      );
    }
    this.#wake = new AbortController();
  }
}
