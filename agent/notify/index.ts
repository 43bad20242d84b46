/**
 * Tells people, by webhook, chat, Alertmanager or PagerDuty, of what rules of detection found and of what happened to the log itself.
 * `SourceAlerts` collects what a batch has to tell, which becomes durable with it; the `Notifier` brings it to each endpoint.
 */
export { type SourceNames } from './alert.ts';
export { Endpoint } from './endpoint.ts';
export { NotifyError } from './error.ts';
export { isUrgent } from './notice.ts';
export { Notifier, openEndpoints } from './notifier.ts';
export { SourceAlerts } from './source-alerts.ts';
export { testMessage } from './test-message.ts';
