import { byUrgency, keyOf, merged } from './alert.ts';
import type { Alert } from './alert.ts';

/** What one request says. */
export interface Message {
  /** The same at each try. */
  readonly id: string;
  readonly kind: 'alert' | 'digest' | 'test';
  /** One a group, the most urgent first. */
  readonly alerts: readonly Alert[];
  /** Of the rows of the outbox that are told with it. */
  readonly keys: readonly string[];
  /** RFC 3339: when it was put together. */
  readonly at: string;
}

/**
 * - `whole`: all that there is to say
 * - `bare`: nothing that a client chose; for a receiver that does not take what a client wrote
 */
export type Form = 'whole' | 'bare';

/** @param rows of the outbox, all of one group, or of any for a digest */
export function messageOf(rows: readonly Alert[], at: Date): Message {
  const groups = [...Map.groupBy(rows, ({ group }) => group).values()].map((alike) => merged(alike));
  const keys = rows.map(({ key }) => key);
  return {
    id: keys.length === 1 ? keys[0]! : keyOf(...keys.toSorted()),
    kind: groups.length === 1 ? 'alert' : 'digest',
    alerts: groups.toSorted((a, b) => byUrgency(a.severity, b.severity) || b.count - a.count),
    keys,
    at: at.toISOString(),
  };
}

/** Events and notices behind a message. */
export function countOf({ alerts }: Message): number {
  return alerts.reduce((sum, { count }) => sum + count, 0);
}

/** An alert without anything that a client chose. */
export function bare(alert: Alert): Alert {
  return { ...alert, subject: '', samples: [] };
}
