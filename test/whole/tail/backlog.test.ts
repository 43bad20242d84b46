import { expect, inject, test } from 'vitest';
import { Random } from '../../kit/random.ts';
import { backlog } from './backlog.ts';

test('a first start beside six backups of 5 MB reads them all in the memory of the formula, shows how far it is, and goes on after kills', async () => {
  const url = inject('elasticsearchUrl');
  const result = await backlog({ url, files: 6, fileBytes: 5e6, kills: 3, random: new Random(20_261_123) });
  expect(result.problems).toEqual([]);
  expect(result.peakBytes).toBeLessThan(result.limitBytes);
  if (!result.isLimited)
    console.error(
      `no memory cgroup can be made here: only the peak was compared (${result.peakBytes} bytes)`,
    );
  // It is seen to fall from nearly everything to nothing.
  expect(Math.max(...result.lags)).toBeGreaterThan(result.bytes / 2);
  expect(new Set(result.lags).size).toBeGreaterThan(3);
  expect(result.lags.at(-1)).toBe(0);
});
