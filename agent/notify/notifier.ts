import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/index.ts';
import type { Logger, NotificationMeter } from '../observe/index.ts';
import type { Notice } from '../seal/index.ts';
import { outboxRowsMax } from '../store/index.ts';
import type { Committer, NotificationRow } from '../store/index.ts';
import { parseAlert } from './alert.ts';
import { Courier } from './courier.ts';
import { Endpoint } from './endpoint.ts';
import { Queue } from './queue.ts';
import { SourceAlerts } from './source-alerts.ts';
import { wishOf } from './wish.ts';

/** What may take its time at a stop: the rest is told by the next start. */
const lastMillisecondsMax = 5000;

export interface NotifierParts {
  readonly config: Config;
  readonly committer: Committer;
  readonly meter: NotificationMeter;
  readonly logger: Logger;
  readonly now: () => Date;
  /** What was stored and never said to be delivered, in order. */
  readonly outbox: readonly NotificationRow[];
}

/** Tells endpoints what somebody should know, each on its own: none waits for another, and nothing else waits for any. */
export class Notifier {
  readonly #parts: NotifierParts;
  readonly #couriers: ReadonlyMap<string, Courier>;
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  /** What is to be sealed, as long as no source was there to seal it. */
  #unsaid: Notice[] = [];
  #sealer: { source: string; say: (notice: Notice) => void } | undefined;

  constructor(endpoints: readonly Endpoint[], parts: NotifierParts) {
    this.#parts = parts;
    const { committer, meter, logger, now } = parts;
    this.#couriers = new Map(
      endpoints.map((endpoint) => {
        const { groupsItself, alertsMax } = endpoint.channel;
        const { groupSeconds, perMinuteMax } = endpoint.settings;
        const queue = new Queue({
          groupSeconds,
          perMinuteMax,
          groupsItself,
          alertsMax,
          rowsMax: outboxRowsMax,
        });
        const onNotice = (notice: Notice) => this.#seal(notice);
        return [endpoint.name, new Courier({ endpoint, queue, committer, meter, logger, now, onNotice })];
      }),
    );
    this.add(parts.outbox);
    this.#forgetUnknown(parts.outbox);
  }

  /** Collects what is to be told of a source's batches. */
  alertsOf(source: string): SourceAlerts {
    const { cluster, node, notifications } = this.#parts.config;
    return new SourceAlerts(
      { cluster, node, source },
      notifications.endpoints.map((settings) => wishOf(settings)),
    );
  }

  /** Where what has to be known of endpoints is sealed: into the log of the first source that asks, also when it begins anew. */
  sealBy(source: string, say: (notice: Notice) => void): void {
    if (this.#sealer !== undefined && this.#sealer.source !== source) return;
    this.#sealer = { source, say };
    for (const notice of this.#unsaid.splice(0)) say(notice);
  }

  /** Tells what has become durable. */
  add(rows: readonly NotificationRow[]): void {
    for (const [name, courier] of this.#couriers) {
      const mine = rows.filter(({ endpoint }) => endpoint === name);
      if (mine.length > 0) courier.add(mine.map(({ key, body }) => ({ key, alert: parseAlert(body) })));
    }
  }

  start(): void {
    this.#running = Promise.all([...this.#couriers.values()].map((one) => one.run(this.#stop.signal)));
  }

  /** What can be told at once still is; what cannot stays in the outbox. */
  async stop(): Promise<void> {
    const idle = Promise.all([...this.#couriers.values()].map((one) => one.settled()));
    const late = new AbortController();
    await Promise.race([
      idle,
      delay(lastMillisecondsMax, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    this.#stop.abort();
    await this.#running;
    await Promise.all([...this.#couriers.values()].map((one) => one.close()));
  }

  #seal(notice: Notice): void {
    if (this.#sealer === undefined) this.#unsaid.push(notice);
    else this.#sealer.say(notice);
  }

  /** Of endpoints that the configuration has no more. */
  #forgetUnknown(rows: readonly NotificationRow[]): void {
    const unknown = rows.filter(({ endpoint }) => !this.#couriers.has(endpoint));
    if (unknown.length === 0) return;
    const { committer, logger } = this.#parts;
    logger.warn(
      { 'auditseal.endpoints': [...new Set(unknown.map(({ endpoint }) => endpoint))] },
      `${unknown.length} notifications wait for endpoints that are not configured any more, and are dropped`,
    );
    // What fails here fails every commit, and is said there.
    committer.commitLazily({ notified: unknown }).catch(() => undefined);
  }
}

/** The endpoints of a configuration, with their files read. Throws NotifyError or ElasticsearchError, both `settings`. */
export async function openEndpoints({ notifications }: Config): Promise<Endpoint[]> {
  return await Promise.all(notifications.endpoints.map((settings, i) => Endpoint.open(settings, i)));
}
