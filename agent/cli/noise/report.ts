import { jsonLine } from '../../json/index.ts';
import { apiserverRules, ourRules } from '../../noise/index.ts';
import type { Amount, Census, Counter, Suggestion } from '../../noise/index.ts';
import { tableLines } from '../terminal/table.ts';
import { count, megabytes } from '../terminal/text.ts';

/** What a census and the suggestions say, for a terminal. */
export function textReport(
  census: Census,
  suggestions: readonly Suggestion[],
  top: number,
  rules: string,
): string {
  const { all, malformed, kept, managedFields, followed, dropped, reduced } = census;
  const of = ({ events, bytes }: Amount) =>
    `${share(events, all.events)} of events, ${share(bytes, all.bytes)} of bytes`;
  const rate = rateOf(census);
  const lines = [
    `${count(all.events)} events, ${megabytes(all.bytes)}${rate ? `, ${rate.from} to ${rate.to}: ${rate.eventsPerSecond.toFixed(1)} events/s, ${rate.gigabytesPerDay.toFixed(2)} GB a day` : ''}`,
    ...(malformed.events > 0
      ? [`${count(malformed.events)} lines are no audit event (${megabytes(malformed.bytes)})`]
      : []),
    `managed fields: ${of(managedFields)}`,
    `RequestReceived with a later stage: ${of(followed)}`,
    '',
    ...section('STAGE', census.byStage, all, top),
    ...section('USER', census.byUser, all, top),
    ...section('VERB', census.byVerb, all, top),
    ...section('RESOURCE', census.byResource, all, top),
    ...section('USER AGENT', census.byUserAgent, all, top),
    `the policy in force keeps ${of(kept)}${rate ? `: ${(rate.gigabytesPerDay * ratio(kept.bytes, all.bytes)).toFixed(2)} GB a day` : ''}`,
    ...section('DROPPED BY', dropped, all, top),
    ...section('REDUCED BY (bytes: what is cut)', reduced, all, top),
  ];
  const saving = suggestions.reduce(
    (sum, { events, bytes }) => ({ events: sum.events + events, bytes: sum.bytes + bytes }),
    {
      events: 0,
      bytes: 0,
    },
  );
  if (suggestions.length === 0) lines.push('no rule is suggested: nothing that is kept is surely noise');
  else
    lines.push(
      `rules that would drop another ${of(saving)}; read what each makes unseen, then put them at the end of rules:`,
      '',
      ...suggestions.map((one, index) => `# ${index + 1}. saves ${of(one)}`),
      rules,
      `the same for the apiserver's own policy, where what is dropped is never written: --apiserver`,
    );
  return `${lines.join('\n')}\n`;
}

/** The same as one JSON object. */
export function jsonReport(census: Census, suggestions: readonly Suggestion[], top: number): string {
  const rows = (counter: Counter) => counter.top(top).map(([name, amount]) => ({ name, ...amount }));
  const { all, malformed, managedFields, followed, kept } = census;
  return jsonLine({
    ...all,
    malformed,
    ...rateOf(census),
    managedFields,
    requestReceivedWithLaterStage: followed,
    by: {
      stage: rows(census.byStage),
      user: rows(census.byUser),
      verb: rows(census.byVerb),
      resource: rows(census.byResource),
      userAgent: rows(census.byUserAgent),
    },
    policy: { kept, dropped: rows(census.dropped), reduced: rows(census.reduced) },
    suggestions: suggestions.map((one) => ({
      ...one,
      rule: ourRules([one]),
      apiserverRule: apiserverRules([one]),
    })),
  });
}

function section(heading: string, counter: Counter, all: Amount, top: number): string[] {
  const rows = counter.top();
  if (rows.length === 0) return [];
  const table = {
    columns: [
      { heading, widthMax: 60 },
      { heading: 'EVENTS' },
      { heading: '%' },
      { heading: 'MB' },
      { heading: '%' },
    ],
    rows: rows.map(([name, { events, bytes }]) => [
      name,
      events,
      share(events, all.events),
      megabytes(bytes).replace(' MB', ''),
      share(bytes, all.bytes),
    ]),
  };
  return [...tableLines(table, top), ''];
}

function rateOf({ first, last, all }: Census) {
  const seconds =
    first === undefined || last === undefined ? NaN : (Date.parse(last) - Date.parse(first)) / 1000;
  // From less than a minute nothing follows for a day.
  if (!(seconds >= 60)) return undefined;
  return {
    from: first,
    to: last,
    eventsPerSecond: all.events / seconds,
    gigabytesPerDay: (all.bytes / seconds) * 86_400 * 1e-9,
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function share(part: number, whole: number): string {
  return `${(100 * ratio(part, whole)).toFixed(1)} %`;
}
