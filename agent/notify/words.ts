import type { Alert, Sample } from './alert.ts';
import { countOf } from './message.ts';
import type { Message } from './message.ts';

/** How a receiver wants texts, so that nothing in them is a command to it. */
export interface Quote {
  /** What a client chose. */
  readonly value: (text: string) => string;
  /** A sentence of ours, or of a rule. */
  readonly words: (text: string) => string;
}

const alertsShownMax = 15;

/** One line: how bad, what, who, where. */
export function headline(message: Message, quote: Quote): string {
  const [worst] = message.alerts;
  if (worst === undefined) return 'auditseal: a test of this endpoint, nothing has happened';
  if (message.kind === 'digest')
    return `auditseal: ${countOf(message)} matches and notices of ${message.alerts.length} kinds, the worst ${worst.severity}`;
  return `auditseal: ${alertLine(worst, quote)}`;
}

export function alertLine(alert: Alert, quote: Quote): string {
  const { severity, title, rule, subject, count, cluster, node } = alert;
  const who = subject === '' ? '' : ` by ${quote.value(subject)}`;
  const times = count === 1 ? '' : `, ${count} times`;
  return `[${severity}] ${quote.words(title)} (${rule})${who}${times}, on ${cluster}/${node}`;
}

/** What a person needs to go on: of one alert the events and what to look at, of a digest a line an alert. */
export function details(message: Message, quote: Quote): string[] {
  const [alert] = message.alerts;
  if (alert === undefined) return [];
  if (message.kind === 'digest') {
    const lines = message.alerts.slice(0, alertsShownMax).map((one) => alertLine(one, quote));
    const more = message.alerts.length - lines.length;
    return more > 0 ? [...lines, `and ${more} more`] : lines;
  }
  const lines = alert.samples.map((sample) => sampleLine(sample, quote));
  const more = alert.kind === 'match' ? alert.count - lines.length : 0;
  return [
    ...lines,
    ...(more > 0 && lines.length > 0 ? [`and ${more} more until ${alert.to}`] : []),
    `Next: ${quote.words(alert.next)}`,
  ];
}

function sampleLine(sample: Sample, quote: Quote): string {
  const { at, verb, resource, user, impersonator, address, code, eventId } = sample;
  const parts = [
    `${quote.value(verb)} ${quote.value(resource)}`,
    user === undefined ? '' : ` by ${quote.value(user)}`,
    impersonator === undefined ? '' : ` as whom ${quote.value(impersonator)} acted`,
    address === undefined ? '' : ` from ${address}`,
    code === undefined ? '' : `, answered ${code}`,
  ];
  return `${at} ${parts.join('')} (event.id ${eventId})`;
}
