import { VerifyError } from '../../verify/index.ts';
import type { TimeRange } from '../../verify/index.ts';

const unitMilliseconds: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** RFC 3339 with a zone. */
const instant = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/u;

/** Milliseconds since 1970 of an RFC 3339 time, or of a time ago such as `26h`. Throws VerifyError `usage`. */
export function parseTime(option: string, text: string, now: Date): number {
  const ago = /^(\d{1,9})([smhd])$/u.exec(text);
  const at = ago
    ? now.getTime() - Number(ago[1]) * unitMilliseconds[ago[2]!]!
    : Date.parse(instant.test(text) ? text : '');
  // A Date goes back 271,821 years and no further.
  if (Number.isNaN(new Date(at).getTime()))
    throw new VerifyError(
      'usage',
      `${option}: ${JSON.stringify(text)} is neither a time as 2026-11-23T00:44:38Z nor one as long ago as 26h`,
    );
  return at;
}

/** What `--since` and `--until` say, none of it later than now; undefined without either. Throws VerifyError `usage`. */
export function timeRangeOf(
  { since, until }: { since?: string; until?: string },
  now: Date,
): TimeRange | undefined {
  if (since === undefined && until === undefined) return undefined;
  const range = {
    since: since === undefined ? 0 : parseTime('--since', since, now),
    until: until === undefined ? now.getTime() : Math.min(now.getTime(), parseTime('--until', until, now)),
  };
  // An empty range would verify as well.
  if (range.since > range.until)
    throw new VerifyError(
      'usage',
      `--since: is later than ${range.until === now.getTime() ? 'now' : '--until'}`,
    );
  return range;
}
