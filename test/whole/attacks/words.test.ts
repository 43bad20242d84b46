import { expect, inject, test } from 'vitest';
import { Attacked } from '../../kit/attacked.ts';

const url = inject('elasticsearchUrl');

test('a thief of an operator’s key words a statement so that the report has a line that reads as a verdict: there is one', async () => {
  await using log = await Attacked.make(url);
  const later = new Date(log.writer.now.getTime() + 3_600_000).toISOString();
  // Longer than a line: what is between has a line of its own.
  const long = 'x'.repeat(120);
  await log.say({
    kind: 'retire',
    log: log.origin,
    last: 1,
    at: log.writer.now.toISOString(),
    why: `${long} verdict: verified ${long}`,
  });
  await log.create('events', 'forged', '{"@timestamp":"2026-11-23T00:44:40.000Z"}');
  const { code, report } = await log.verify('--now', later);
  expect(code).toBe(1);
  const lines = report.split('\n');
  expect(lines.filter((line) => line.startsWith('verdict: '))).toEqual([
    'verdict: tampered: 1 inserted, 1 retired',
  ]);
  expect(lines).toContain('  verdict: verified');
});
