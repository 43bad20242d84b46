import type { AuditEvent } from '../event/index.ts';

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
// What Elasticsearch can hold as date and as date_nanos; an event of before or after is a forgery.
const yearMin = 1970;
const yearMax = 2261;
/** Of an RFC 3339 date-time; a longer text is none that an apiserver wrote. */
const unitsMax = 64;
const fractionDigits = 6;

/** RFC 3339, section 5.6: `T` and `Z` in either case, any number of digits of a second, an offset of hours and minutes. */
const instant =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)T(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.(?<fraction>\d+))?(?:Z|(?<sign>[+-])(?<offsetHours>\d\d):(?<offsetMinutes>\d\d))$/i;

/** Of what the apiserver prints of a MicroTime: `2026-11-23T01:06:03.433599Z`. */
const usualUnits = 27;
const zero = 0x30;

/**
 * An instant in UTC with six digits of the second, what is beyond them cut off; undefined for whatever is no RFC 3339 date-time that is
 * on the calendar. Leap seconds are not among it: Elasticsearch refuses them.
 */
function utcOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > unitsMax) return undefined;
  if (isUsual(value)) return value;
  const parts = instant.exec(value)?.groups;
  if (parts === undefined) return undefined;
  const part = (name: string) => Number(parts[name] ?? 0);
  const [year, month, day] = [part('year'), part('month'), part('day')];
  const [hour, minute, second] = [part('hour'), part('minute'), part('second')];
  if (year < yearMin - 1 || !isOnCalendar(year, month, day) || !isOnClock(hour, minute, second))
    return undefined;
  if (!isOnClock(part('offsetHours'), part('offsetMinutes'), 0)) return undefined;
  const ahead = (parts['sign'] === '-' ? -1 : 1) * (part('offsetHours') * 60 + part('offsetMinutes'));
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute - ahead, second));
  if (!isHeld(time.getUTCFullYear())) return undefined;
  const fraction = (parts['fraction'] ?? '').slice(0, fractionDigits).padEnd(fractionDigits, '0');
  return `${time.toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length)}.${fraction}Z`;
}

/** In UTC with six digits already, as nearly every time is: several times as fast as the expression. */
function isUsual(text: string): boolean {
  if (text.length !== usualUnits || text[4] !== '-' || text[7] !== '-' || text[10] !== 'T') return false;
  if (text[13] !== ':' || text[16] !== ':' || text[19] !== '.' || text[26] !== 'Z') return false;
  const year = digits(text, 0, 4);
  return (
    isHeld(year) &&
    isOnCalendar(year, digits(text, 5, 7), digits(text, 8, 10)) &&
    isOnClock(digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)) &&
    !Number.isNaN(digits(text, 20, 26))
  );
}

/** The number that the characters from `from` to `to` write in ASCII digits; NaN if another one is among them. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9) return NaN;
    number = number * 10 + digit;
  }
  return number;
}

function isOnCalendar(year: number, month: number, day: number): boolean {
  if (!(month >= 1 && month <= 12 && day >= 1)) return false;
  const isLeap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (daysOfMonth[month - 1] as number) + (isLeap ? 1 : 0);
}

function isOnClock(hour: number, minute: number, second: number): boolean {
  return hour <= 23 && minute <= 59 && second <= 59;
}

function isHeld(year: number): boolean {
  return year >= yearMin && year <= yearMax;
}

/**
 * The event's `@timestamp`: the first of its times that is an instant, or the read time where none is (docs/seal-format.md §4).
 * `timestamp` is what events of v1alpha1 and v1beta1 have alone.
 */
export function timestampOf(
  { stageTimestamp, requestReceivedTimestamp, timestamp }: AuditEvent,
  readAt: Date,
): string {
  // Asked more than once for each event.
  if (stageTimestamp === lastStage && lastStage !== undefined) return lastStageText;
  const stage = utcOf(stageTimestamp);
  if (stage === undefined) return utcOf(requestReceivedTimestamp) ?? utcOf(timestamp) ?? isoText(readAt);
  lastStage = stageTimestamp;
  return (lastStageText = stage);
}

/** The last that was found to be one, and how it is printed. */
let lastStage: unknown;
let lastStageText = '';
let lastTime = NaN;
let lastText = '';

/** `toISOString`, made once for all the events that are read in the same millisecond. */
export function isoText(time: Date): string {
  const milliseconds = time.getTime();
  if (milliseconds !== lastTime) {
    lastText = time.toISOString();
    lastTime = milliseconds;
  }
  return lastText;
}
