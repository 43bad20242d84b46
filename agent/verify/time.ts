/** Tolerance for the verifier's clock, in every comparison with it (docs/seal-format.md §8.4). */
export const toleranceMilliseconds = 5 * 60 * 1000;
export const dayMilliseconds = 24 * 60 * 60 * 1000;

/** Whether a newest record is so old that another must have followed. */
export function isStale(newest: { sealedAt: number; heartbeatMilliseconds: number }, now: Date): boolean {
  return newest.sealedAt + 2 * newest.heartbeatMilliseconds < now.getTime() - toleranceMilliseconds;
}

/** First and last of some times, as they were written. */
export interface Span {
  first?: string;
  last?: string;
}

/** Milliseconds since 1970 of an RFC 3339 time, NaN if it is none. */
export function millisecondsOf(text: string | undefined): number {
  return text === undefined ? Number.NaN : Date.parse(text);
}

/** Lets the span take in two more times. */
export function widen(span: Span, earliest: string | undefined, latest: string | undefined): void {
  if (earliest !== undefined && !(millisecondsOf(span.first) <= millisecondsOf(earliest)))
    span.first = earliest;
  if (latest !== undefined && !(millisecondsOf(span.last) >= millisecondsOf(latest))) span.last = latest;
}
