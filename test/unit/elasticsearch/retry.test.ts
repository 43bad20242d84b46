import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ElasticsearchError } from '../../../agent/elasticsearch/error.ts';
import { untilDone } from '../../../agent/elasticsearch/retry.ts';

const away = (retryAfterSeconds?: number) =>
  Promise.reject(new ElasticsearchError('rejected', '429', { status: 429, retryAfterSeconds }));

const worksAtLast = (number: number) => (number > 14 ? Promise.resolve('done') : away());

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('pauses grow to half a minute and no further, so that an outage of a day ends within a minute', async () => {
  const pauses: number[] = [];
  const onFailure = (_error: Error, milliseconds: number) => pauses.push(milliseconds);
  const work = untilDone(worksAtLast, { signal: new AbortController().signal, onFailure });
  const state = { finished: false };
  void work.finally(() => (state.finished = true));
  while (!state.finished) await vi.advanceTimersByTimeAsync(1000);
  expect(await work).toBe('done');
  expect(pauses[0]).toBeLessThan(1000);
  expect(pauses.at(-1)).toBeGreaterThanOrEqual(29_000);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000);
});

test('a hostile Retry-After does not stop the log for a day, and a stop does not wait for it', async () => {
  const stop = new AbortController();
  let pause = 0;
  const onFailure = (_error: Error, milliseconds: number) => {
    pause = milliseconds;
    stop.abort(new Error('stopped'));
  };
  await expect(untilDone(() => away(999_999_999), { signal: stop.signal, onFailure })).rejects.toThrow();
  expect(pause).toBe(300_000);
});
