import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/** What is counted of endpoints, by their names in the configuration: a URL may be a secret. */
export class NotificationMeter {
  readonly #total: Counter;
  readonly #waiting: Gauge;
  readonly #off: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#total = new Counter({
      name: 'auditseal_notifications_total',
      help: 'Requests to an endpoint that were taken (delivered) or not (failed), and alerts dropped for want of room, since this process began.',
      labelNames: ['endpoint', 'result'],
      registers,
    });
    this.#waiting = new Gauge({
      name: 'auditseal_notifications_waiting',
      help: 'Alerts that wait to be told to an endpoint.',
      labelNames: ['endpoint'],
      registers,
    });
    this.#off = new Gauge({
      name: 'auditseal_notification_endpoint_off',
      help: '1 while an endpoint is switched off, since its receiver takes nothing as it is set up; else 0.',
      labelNames: ['endpoint'],
      registers,
    });
  }

  /** Makes series at 0, so that their first increase is one to Prometheus. */
  declare(endpoint: string): void {
    for (const result of ['delivered', 'failed', 'dropped']) this.#total.inc({ endpoint, result }, 0);
    this.waiting(endpoint, 0);
    this.off(endpoint, false);
  }

  delivered(endpoint: string): void {
    this.#total.inc({ endpoint, result: 'delivered' });
  }

  failed(endpoint: string): void {
    this.#total.inc({ endpoint, result: 'failed' });
  }

  dropped(endpoint: string, count: number): void {
    this.#total.inc({ endpoint, result: 'dropped' }, count);
  }

  waiting(endpoint: string, alerts: number): void {
    this.#waiting.set({ endpoint }, alerts);
  }

  off(endpoint: string, isOff: boolean): void {
    this.#off.set({ endpoint }, Number(isOff));
  }
}
