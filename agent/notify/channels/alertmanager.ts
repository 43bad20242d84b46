import type { Alert } from '../alert.ts';
import { bare } from '../message.ts';
import { neutral } from '../plain.ts';
import { alertLine, details } from '../words.ts';
import { asText, jsonHeaders } from './channel.ts';
import type { Channel } from './channel.ts';

const path = '/api/v2/alerts';
/** What has happened does not go away: without an end Alertmanager would call it resolved after five minutes. */
const endsAfterMilliseconds = 24 * 3_600_000;
const testMilliseconds = 60_000;

/** Prometheus Alertmanager's API v2. It tells alerts apart by their labels alone, so what varies is in annotations. */
export const alertmanager: Channel = {
  groupsItself: true,
  alertsMax: 100,
  busySeconds: 0,
  requests(message, form, { url }, now) {
    const alerts =
      message.kind === 'test'
        ? [test(now)]
        : message.alerts.map((alert) => alertOf(form === 'whole' ? alert : bare(alert), now));
    return [{ url: apiOf(url), headers: jsonHeaders(), body: JSON.stringify(alerts) }];
  },
};

/** The API's URL from that of Alertmanager, which may have a prefix; one that names the API already stays. */
function apiOf(url: URL): URL {
  if (url.pathname.endsWith(path)) return url;
  const api = new URL(url);
  api.pathname = `${url.pathname.replace(/\/+$/u, '')}${path}`;
  return api;
}

function alertOf(alert: Alert, now: Date): object {
  const { kind, rule, severity, cluster, node, source, subject, title, next, from, key, count } = alert;
  const one = { id: '', kind: 'alert' as const, alerts: [alert], keys: [], at: '' };
  return {
    // One without a value is as if it were not there.
    labels: {
      alertname: kind === 'match' ? 'AuditsealMatch' : 'AuditsealNotice',
      rule,
      severity,
      cluster,
      node,
      source,
      ...(subject !== '' && { user: neutral(subject) }),
    },
    annotations: {
      summary: alertLine(alert, asText),
      title: neutral(title),
      next: neutral(next),
      description: details(one, asText).join('\n'),
      count: String(count),
      key,
    },
    startsAt: from,
    endsAt: new Date(Math.max(now.getTime(), Date.parse(from)) + endsAfterMilliseconds).toISOString(),
  };
}

function test(now: Date): object {
  return {
    labels: { alertname: 'AuditsealTest', severity: 'low' },
    annotations: { summary: 'auditseal: a test of this endpoint, nothing has happened' },
    startsAt: now.toISOString(),
    endsAt: new Date(now.getTime() + testMilliseconds).toISOString(),
  };
}
