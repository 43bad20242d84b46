/**
 * What came of a try. `why` is one line that names no address and nothing of what was sent or answered but a status and a word.
 *
 * - `delivered`
 * - `later`: the same may be taken another time
 * - `unfit`: this content is not taken
 * - `off`: nothing will be taken as it is set up; `isGone` where the receiver has said 410
 */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'later'; readonly why: string; readonly seconds?: number | undefined }
  | { readonly kind: 'unfit'; readonly why: string }
  | { readonly kind: 'off'; readonly why: string; readonly isGone: boolean };

/** A Retry-After beyond this is no wish to be obeyed: what is told an hour late is told too late. */
const retryAfterSecondsMax = 3600;

/** 408: too slow; 425: too early; 429: too much. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);
/** What was sent cannot be used. Whoever can shape a request could shape it so, and must not switch anything off. */
const unfit: ReadonlySet<number> = new Set([400, 413, 414, 422, 431]);

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** @param busySeconds how long to wait where the answer is 429 and does not say */
export function outcomeOf({ status, retryAfter, text }: Answer, busySeconds: number, now: Date): Outcome {
  const why = `answered ${status}${wordOf(text)}`;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status >= 500 || passing.has(status)) {
    const wished = secondsOf(retryAfter, now) ?? (status === 429 ? busySeconds : undefined);
    return { kind: 'later', why, seconds: wished && Math.min(wished, retryAfterSecondsMax) };
  }
  if (unfit.has(status)) return { kind: 'unfit', why };
  const isMoved = status >= 300 && status < 400;
  return {
    kind: 'off',
    why: isMoved ? `${why}, and redirections are not followed` : why,
    isGone: status === 410,
  };
}

/** Slack and its like answer with one word (`channel_is_archived`). Anything else may quote what was sent. */
function wordOf(text: string): string {
  return /^[a-z]+(?:_[a-z]+)+$/u.test(text) && text.length <= 60 ? ` ${text}` : '';
}

/** Of a Retry-After header (RFC 9110 §10.2.3): seconds, or a date. */
function secondsOf(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/u.test(header)) return Number(header);
  const time = Date.parse(header);
  return Number.isNaN(time) ? undefined : Math.max(0, (time - now.getTime()) / 1000);
}
