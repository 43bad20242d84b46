import type { StatementSync } from 'node:sqlite';
import type { NotificationRow, Transaction } from './types.ts';

/** Rows that wait for one endpoint; of more the oldest are dropped. With at most 4 KiB each they take 1 MiB. */
export const outboxRowsMax = 250;

/** What endpoints are to be told, in the state database. */
export class Outbox {
  readonly #sql: (text: string) => StatementSync;

  constructor(sql: (text: string) => StatementSync) {
    this.#sql = sql;
  }

  /** The part of a transaction that is about notifications. */
  commit({ notifications = [], notified = [] }: Transaction): void {
    for (const { endpoint, key, body } of notifications)
      this.#sql('INSERT INTO notification (endpoint, key, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(
        endpoint,
        key,
        body,
      );
    for (const { endpoint, key } of notified)
      this.#sql('DELETE FROM notification WHERE endpoint = ? AND key = ?').run(endpoint, key);
    for (const endpoint of new Set(notifications.map((row) => row.endpoint)))
      this.#sql(
        'DELETE FROM notification WHERE endpoint = ?1 AND seq <= (SELECT seq FROM notification WHERE endpoint = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)',
      ).run(endpoint, outboxRowsMax);
  }

  rows(): NotificationRow[] {
    return this.#sql(
      'SELECT endpoint, key, body FROM notification ORDER BY seq',
    ).all() as unknown as NotificationRow[];
  }
}
