import type { Severity } from '../../detect/index.ts';
import { keyOf } from '../alert.ts';
import type { Alert } from '../alert.ts';
import { bare } from '../message.ts';
import type { Form, Message } from '../message.ts';
import { plain } from '../plain.ts';
import { details, headline } from '../words.ts';
import { asText, jsonHeaders } from './channel.ts';
import type { Channel } from './channel.ts';

export const pagerDutyUrl = 'https://events.pagerduty.com/v2/enqueue';

/** PagerDuty's limit of `payload.summary`. */
const summaryUnitsMax = 1024;

const severityOf: Readonly<Record<Severity, string>> = {
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
};

/** PagerDuty's Events API v2. */
export const pagerduty: Channel = {
  groupsItself: false,
  alertsMax: Infinity,
  busySeconds: 120,
  requests(message, form, { url, routingKey }) {
    const request = (event: object) => ({
      url,
      headers: jsonHeaders(),
      body: JSON.stringify({ routing_key: routingKey, client: 'auditseal', ...event }),
    });
    if (message.kind !== 'test') return [request(trigger(message, form))];
    // Nobody is to be woken for long.
    const dedup = `auditseal-test-${message.id}`;
    const payload = { summary: headline(message, asText), source: 'auditseal', severity: 'info' };
    return [
      request({ event_action: 'trigger', dedup_key: dedup, payload }),
      request({ event_action: 'resolve', dedup_key: dedup }),
    ];
  },
};

function trigger(message: Message, form: Form): object {
  const alerts = form === 'whole' ? message.alerts : message.alerts.map((alert) => bare(alert));
  const shown = { ...message, alerts };
  const worst = message.alerts[0]!;
  return {
    event_action: 'trigger',
    dedup_key: message.kind === 'digest' ? `auditseal-${message.id}` : incidentOf(worst),
    payload: {
      summary: plain(headline(shown, asText), summaryUnitsMax),
      source: `${worst.cluster}/${worst.node}`,
      severity: severityOf[worst.severity],
      timestamp: worst.from,
      component: worst.source,
      group: worst.cluster,
      class: message.kind === 'digest' ? 'digest' : worst.rule,
      custom_details: { details: details(shown, asText), key: message.id },
    },
  };
}

/** One incident a group and day: what comes again that day is added to it, and what comes the next day wakes again. */
function incidentOf({ group, from }: Alert): string {
  return `auditseal-${keyOf(group, from.slice(0, 10))}`;
}
