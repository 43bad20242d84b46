import { VerifyError } from '../../verify/index.ts';
import type { TimeRange } from '../../verify/index.ts';

/** Help text of what every option takes that is a time. */
export const timeHelp =
  '2026-11-30 (that day in UTC), 2026-11-30T08:15:00Z, or as long ago as 26h, 1w, 1h30m';

const dayMilliseconds = 86_400_000;
const unitMilliseconds: Readonly<Record<string, number>> = {
  w: 7 * dayMilliseconds,
  d: dayMilliseconds,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
};

/** RFC 3339, also without seconds and with a space, as people write it. */
const instant = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?)?$/u;
const ago = /^(?=.)(?:\d{1,9}w)?(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m)?(?:\d{1,9}s)?$/u;

/** Milliseconds since 1970 of a time, or of the first and last of a day in UTC. Throws VerifyError `usage`. */
function momentsOf(option: string, text: string, now: Date): { first: number; last: number } {
  const [isInstant, day = '', minute, seconds = ':00', zone] = instant.exec(text) ?? [];
  const quoted = `${option}: ${JSON.stringify(text)}`;
  if (minute !== undefined && zone === undefined)
    throw new VerifyError(
      'usage',
      `${quoted} has no time zone: write ${day}T${minute}${seconds}Z for UTC, or an offset as ${day}T${minute}${seconds}+01:00`,
    );
  const at =
    isInstant === undefined
      ? agoOf(text, now)
      : instantOf(day, `${minute ?? '00:00'}${seconds}`, zone ?? 'Z');
  if (at === undefined)
    throw new VerifyError(
      'usage',
      `${quoted} is neither a day as 2026-11-30, nor a time as 2026-11-30T08:15:00Z, nor as long ago as 26h, 1w or 1h30m`,
    );
  return { first: at, last: minute === undefined && isInstant !== undefined ? at + dayMilliseconds - 1 : at };
}

/** Undefined of a day or an hour that there is not, which `Date` would take for a later one. */
function instantOf(day: string, time: string, zone: string): number | undefined {
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return undefined;
  const at = Date.parse(`${day}T${time}${zone.toUpperCase()}`);
  return Number.isNaN(at) ? undefined : at;
}

function agoOf(text: string, now: Date): number | undefined {
  if (!ago.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)([wdhms])/gu)];
  const at = parts.reduce(
    (time, [, count, unit]) => time - Number(count) * unitMilliseconds[unit!]!,
    now.getTime(),
  );
  // A Date goes back 271,821 years and no further.
  return Number.isNaN(new Date(at).getTime()) ? undefined : at;
}

/**
 * Milliseconds since 1970 of what a user writes as a time: a day in UTC (its beginning), an RFC 3339 time with a zone, or a time ago
 * such as `26h`, `1w`, `1h30m`. Throws VerifyError `usage`.
 */
export function parseTime(option: string, text: string, now: Date): number {
  return momentsOf(option, text, now).first;
}

/**
 * What `--since` and `--until` say, none of it later than now; a day is meant whole. Undefined without either. Throws VerifyError
 * `usage`.
 */
export function timeRangeOf(
  { since, until }: { since?: string; until?: string },
  now: Date,
): TimeRange | undefined {
  if (since === undefined && until === undefined) return undefined;
  const range = {
    since: since === undefined ? 0 : momentsOf('--since', since, now).first,
    until:
      until === undefined ? now.getTime() : Math.min(now.getTime(), momentsOf('--until', until, now).last),
  };
  // An empty range would verify as well.
  if (range.since > range.until)
    throw new VerifyError(
      'usage',
      `--since: is later than ${range.until === now.getTime() ? 'now' : '--until'}`,
    );
  return range;
}
