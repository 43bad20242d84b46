import { expect, test } from 'vitest';
import { outcomeOf } from '../../../agent/notify/outcome.ts';

const now = new Date('2026-11-23T01:06:04Z');
const outcome = (status: number, retryAfter?: string, text = '') =>
  outcomeOf({ status, retryAfter, text }, 120, now);

test.each([
  [200, 'delivered'],
  [202, 'delivered'],
  [204, 'delivered'],
  [301, 'off'],
  [307, 'off'],
  [400, 'unfit'],
  [401, 'off'],
  [403, 'off'],
  [404, 'off'],
  [408, 'later'],
  [410, 'off'],
  [413, 'unfit'],
  [422, 'unfit'],
  [429, 'later'],
  [500, 'later'],
  [502, 'later'],
  [503, 'later'],
  [504, 'later'],
])('an answer %d is %s', (status, kind) => expect(outcome(status)).toMatchObject({ kind }));

test('only 410 is for good', () => {
  expect(outcome(410)).toMatchObject({ isGone: true });
  expect(outcome(404)).toMatchObject({ isGone: false });
});

test('Retry-After is obeyed as seconds or as a date, up to an hour', () => {
  expect(outcome(429, '30')).toMatchObject({ seconds: 30 });
  expect(outcome(503, 'Mon, 23 Nov 2026 01:07:04 GMT')).toMatchObject({ seconds: 60 });
  expect(outcome(503, 'Mon, 23 Nov 2020 01:07:04 GMT')).toMatchObject({ seconds: 0 });
  expect(outcome(503, '999999999')).toMatchObject({ seconds: 3600 });
  expect(outcome(503, 'soon')).toMatchObject({ seconds: undefined });
  expect(outcome(429)).toMatchObject({ seconds: 120 });
});

test('of an answer only a word of the kind that Slack gives is said', () => {
  expect(outcome(410, undefined, 'channel_is_archived')).toMatchObject({
    why: 'answered 410 channel_is_archived',
  });
  expect(outcome(403, undefined, 'token xoxb-1 is not valid')).toMatchObject({ why: 'answered 403' });
});
