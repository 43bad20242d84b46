import type { AuditEvent } from '../event/index.ts';

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
// What Elasticsearch can hold as date and as date_nanos; an event of before or after is a forgery.
const yearMin = 1970;
const yearMax = 2261;
const zero = 0x30;

/**
 * True for an RFC 3339 date-time in UTC, upper case, with at most nine fraction digits, that is on the calendar:
 * exactly what a `date` of Elasticsearch (strict_date_optional_time) takes. Leap seconds are not among it.
 */
export function isTimestamp(value: unknown): value is string {
  if (typeof value !== 'string' || value.length < 20 || value.length > 30) return false;
  if (!isPunctuated(value)) return false;
  const year = digits(value, 0, 4);
  const month = digits(value, 5, 7);
  const day = digits(value, 8, 10);
  if (!(year >= yearMin && year <= yearMax && month >= 1 && month <= 12 && day >= 1)) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (daysOfMonth[month - 1] as number) + (leap ? 1 : 0)) return false;
  return digits(value, 11, 13) <= 23 && digits(value, 14, 16) <= 59 && digits(value, 17, 19) <= 59;
}

/** The event's `@timestamp`: its stageTimestamp as it stands there, or the read time where that would not parse. */
export function timestampOf({ stageTimestamp }: AuditEvent, readAt: Date): string {
  // Asked more than once for each event.
  if (stageTimestamp === lastTimestamp) return lastTimestamp;
  if (!isTimestamp(stageTimestamp)) return isoText(readAt);
  return (lastTimestamp = stageTimestamp);
}

/** The last that was found to be one. */
let lastTimestamp = '1970-01-01T00:00:00Z';
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

function isPunctuated(text: string): boolean {
  const end = text.length - 1;
  if (text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':')
    return false;
  if (text[end] !== 'Z') return false;
  return end === 19 || (text[19] === '.' && end > 20 && !Number.isNaN(digits(text, 20, end)));
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
