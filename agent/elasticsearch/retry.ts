import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { ElasticsearchError } from './error.ts';

/** The longest pause between two tries; with full jitter on top, so that the agents of a cluster do not come back as one. */
const pauseMillisecondsMax = 30_000;
/** A Retry-After beyond this is a misconfigured proxy's, not a wish to be obeyed. */
const retryAfterSecondsMax = 300;

export interface RetryOptions {
  signal: AbortSignal;
  /** Told before each pause: what failed, and how long the pause will be. */
  onFailure: (error: Error, milliseconds: number) => void;
  /** False for what another try cannot mend; default always true. */
  shouldRetry?: (error: Error, attempt: number) => boolean;
}

/** Tries without end, with exponential backoff and jitter, until it works, `shouldRetry` says no, or `signal` aborts. */
export async function untilDone<T>(
  attempt: (number: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  return await pRetry(attempt, {
    retries: Infinity,
    minTimeout: 250,
    maxTimeout: pauseMillisecondsMax,
    randomize: true,
    signal: options.signal,
    shouldRetry: ({ error, attemptNumber }) => options.shouldRetry?.(error, attemptNumber) ?? true,
    onFailedAttempt: async ({ error, retryDelay }) => {
      const wished = error instanceof ElasticsearchError ? (error.retryAfterSeconds ?? 0) : 0;
      const extra = Math.max(0, Math.min(wished, retryAfterSecondsMax) * 1000 - retryDelay);
      options.onFailure(error, retryDelay + extra);
      if (extra > 0) await delay(extra, undefined, { signal: options.signal });
    },
  });
}
