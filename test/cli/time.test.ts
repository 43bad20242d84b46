import { expect, test } from 'vitest';
import { parseTime } from '../../agent/cli/time.ts';

const now = new Date('2026-11-23T12:00:00Z');

test('a time is RFC 3339 with a zone, or so long ago', () => {
  expect(parseTime('--since', '2026-11-23T01:00:00+01:00', now)).toBe(Date.parse('2026-11-23T00:00:00Z'));
  expect(parseTime('--since', '90m', now)).toBe(Date.parse('2026-11-23T10:30:00Z'));
});

test.each(['yesterday', '2026-11-23', '2026-11-23T01:00:00', '999999999d', ''])('%j is none', (text) => {
  expect(() => parseTime('--since', text, now)).toThrow(/^--since: .* is neither a time/u);
});
