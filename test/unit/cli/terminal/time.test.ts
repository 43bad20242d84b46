import { expect, test } from 'vitest';
import { parseTime, timeRangeOf } from '../../../../agent/cli/terminal/time.ts';

const now = new Date('2026-11-23T12:00:00Z');

test.each([
  ['2026-11-23T01:00:00+01:00', '2026-11-23T00:00:00Z'],
  ['2026-11-23t01:00:00.250z', '2026-11-23T01:00:00.250Z'],
  ['2026-11-23 01:00Z', '2026-11-23T01:00:00Z'],
  ['2026-11-23', '2026-11-23T00:00:00Z'],
  ['90m', '2026-11-23T10:30:00Z'],
  ['1w', '2026-11-16T12:00:00Z'],
  ['1h30m', '2026-11-23T10:30:00Z'],
  ['1w2d3h4m5s', '2026-11-14T08:55:55Z'],
])('%s is %s', (text, at) => {
  expect(new Date(parseTime('--since', text, now))).toEqual(new Date(at));
});

test.each([
  'yesterday',
  '999999999w',
  '',
  '1',
  'h',
  '30m1h',
  '2026-02-30',
  '2026-13-01',
  '2026-11-23T25:00:00Z',
  '26-11-23',
])('%j is none', (text) => {
  expect(() => parseTime('--since', text, now)).toThrow(/^--since: .* is neither a day /u);
});

test('what lacks a zone is told so, with what to write', () => {
  for (const text of ['2026-11-23T01:00:00', '2026-11-23 01:00'])
    expect(() => parseTime('--since', text, now)).toThrow(
      /^--since: .* has no time zone: write 2026-11-23T01:00:00Z for UTC/u,
    );
});

test('a day is meant whole: from its beginning, up to its end', () => {
  expect(timeRangeOf({ since: '2026-11-20', until: '2026-11-20' }, now)).toEqual({
    since: Date.parse('2026-11-20T00:00:00Z'),
    until: Date.parse('2026-11-20T23:59:59.999Z'),
  });
  // Of today there is no later than now.
  expect(timeRangeOf({ until: '2026-11-23' }, now)).toEqual({ since: 0, until: now.getTime() });
});

test('a range in which nothing can be is none: all would be well in it', () => {
  expect(timeRangeOf({}, now)).toBeUndefined();
  expect(timeRangeOf({ since: '2h', until: '1h' }, now)).toEqual({
    since: Date.parse('2026-11-23T10:00:00Z'),
    until: Date.parse('2026-11-23T11:00:00Z'),
  });
  expect(() => timeRangeOf({ since: '1h', until: '2h' }, now)).toThrow(/^--since: is later than --until/u);
  expect(() => timeRangeOf({ since: '2026-11-24T00:00:00Z' }, now)).toThrow(/^--since: is later than now/u);
});
