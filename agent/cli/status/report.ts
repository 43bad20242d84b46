import { parseObservation } from '../../observe/index.ts';
import type { Observation } from '../../observe/index.ts';
import type { SourceStatus, StateStatus } from '../../store/index.ts';

/** Limits of the configuration; unknown where only a state folder is given. */
export interface StatusLimits {
  spoolBytesMax: number;
  freeBytesMin: number;
  heartbeatSeconds: number;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** The text of `auditseal status`: first what needs attention, then each source's numbers. */
export function describeStatus(status: StateStatus, limits: StatusLimits | undefined, now: Date): string {
  const agent = { true: 'runs', false: 'DOES NOT RUN', undefined: 'not known here' }[String(status.running)];
  const floor = limits ? `, reading pauses below ${bytes(limits.freeBytesMin)}` : '';
  const head = rows([
    ['agent', agent ?? ''],
    ['disk', `${bytes(status.freeBytes)} free${floor}`],
  ]);
  const sources = status.sources.map((source) => {
    const share = limits && limits.spoolBytesMax / status.sources.length;
    const found = attentions(source, limits, now).map((text): [string, string] => ['ATTENTION', text]);
    return `\n${source.source}\n${rows([...found, ...numbers(source, share, now)])}`;
  });
  return `${head}${sources.join('')}`;
}

/** What somebody should look at, each with the section of docs/operations.md to read. */
export function attentions(source: SourceStatus, limits: StatusLimits | undefined, now: Date): string[] {
  const observed = parseObservation(source.observed);
  const found: string[] = [];
  if (observed?.unreadable) {
    const { since, message } = observed.unreadable;
    found.push(
      `the audit log cannot be read since ${when(since, now)}: ${firstLine(message, 1000)} (AuditsealSourceUnreadable)`,
    );
  }
  if (observed?.paused)
    found.push(
      `reading is paused since ${when(observed.paused.since, now)}: ${observed.paused.reason} (AuditsealPaused)`,
    );
  if (observed?.trouble && !(observed.acknowledgedAt && observed.acknowledgedAt > observed.trouble.at))
    found.push('Elasticsearch has acknowledged nothing since its last failure (AuditsealNotShipping)');
  if (source.startState === 'attempted')
    found.push(
      'Elasticsearch has not answered since the last start: nothing sealed since is shipped (AuditsealNotShipping)',
    );
  const silentSeconds = 2 * (limits?.heartbeatSeconds ?? 60);
  if (source.sealedAt !== null && secondsSince(source.sealedAt, now) > silentSeconds)
    found.push(
      `nothing was sealed for more than ${duration(silentSeconds)}, not even a heartbeat (AuditsealDown)`,
    );
  if (source.gaps > 0) found.push(`${source.gaps} gaps (AuditsealGap)`);
  if (['state lost', 'rolled back'].includes(source.reason))
    found.push(
      `this log began because the state was ${source.reason === 'state lost' ? 'lost' : 'rolled back'} (AuditsealEpochRestart)`,
    );
  return found;
}

function numbers(source: SourceStatus, share: number | undefined, now: Date): [string, string][] {
  const { read, pieces, dropped, sealedEvents, sealedBatches, waitingEvents, waitingBatches, waitingBytes } =
    source;
  const observed = parseObservation(source.observed);
  const percent =
    share === undefined ? '' : ` (${((waitingBytes / share) * 100).toFixed(0)} % of the spool's share)`;
  const oldest = source.oldestWaiting === null ? '' : `, oldest event ${when(source.oldestWaiting, now)}`;
  const trouble = observed?.trouble;
  return [
    ['log', source.origin],
    ['verifier key', source.vkey],
    ['key made', `${when(source.madeAt, now)}, reason: ${source.reason}`],
    ['read', `${read} lines${pieces > 0 ? `, and ${pieces} split off` : ''}`],
    ['dropped', `${dropped} by policy${by(source, 'dropped')}`],
    ['sealed', `${sealedEvents} events in ${sealedBatches} batches, newest ${when(source.sealedAt, now)}`],
    ['shipped', `${sealedEvents - waitingEvents} events, newest ${when(observed?.newestShipped, now)}`],
    ['acknowledged', `last ${when(observed?.acknowledgedAt, now)}`],
    [
      'waiting',
      `${waitingEvents} events in ${waitingBatches} batches, ${bytes(waitingBytes)}${percent}${oldest}`,
    ],
    ['not yet read', unread(observed, now)],
    ['refused', String(source.refused)],
    ['gaps', `${source.gaps}${by(source, 'gaps')}`],
    [
      'last failure',
      trouble ? `${when(trouble.at, now)}, ${trouble.cause}: ${firstLine(trouble.message)}` : 'none',
    ],
  ];
}

function unread(observed: Observation | undefined, now: Date): string {
  if (!observed) return 'not known';
  const { lagBytes, at } = observed;
  return `${lagBytes === undefined ? 'not known' : bytes(lagBytes)} as of ${when(at, now)}`;
}

function rows(cells: [string, string][]): string {
  return cells.map(([name, value]) => `  ${name.padEnd(14)}${value}\n`).join('');
}

function by(source: SourceStatus, kind: string): string {
  const found = source.tallies.filter((tally) => tally.kind === kind);
  return found.length === 0 ? '' : `: ${found.map(({ label, value }) => `${label} ${value}`).join(', ')}`;
}

function when(time: string | null | undefined, now: Date): string {
  if (time === null || time === undefined) return 'none';
  return `${time} (${duration(secondsSince(time, now))} ago)`;
}

function secondsSince(time: string, now: Date): number {
  return Math.max(0, (now.getTime() - Date.parse(time)) / 1000);
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
}

function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** A server's message as one line that cannot move the cursor. */
function firstLine(text: string, charactersMax = 200): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, charactersMax);
}
