import { expect, test } from 'vitest';
import { parseTime, timeRangeOf } from '../../../../agent/cli/terminal/time.ts';

const now = new Date('2026-11-23T12:00:00Z');

test('a time is RFC 3339 with a zone, or so long ago', () => {
  expect(parseTime('--since', '2026-11-23T01:00:00+01:00', now)).toBe(Date.parse('2026-11-23T00:00:00Z'));
  expect(parseTime('--since', '90m', now)).toBe(Date.parse('2026-11-23T10:30:00Z'));
});

test.each(['yesterday', '2026-11-23', '2026-11-23T01:00:00', '999999999d', ''])('%j is none', (text) => {
  expect(() => parseTime('--since', text, now)).toThrow(/^--since: .* is neither a time/u);
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
