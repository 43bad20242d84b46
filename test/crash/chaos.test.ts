import { expect, inject, test, vi } from 'vitest';
import { chaos } from './chaos.ts';
import { Random } from './random.ts';

// Processes that start and end: most of it is waiting for a busy machine.
vi.setConfig({ testTimeout: 300_000 });

test('killed at random instants while lines are written and files rotated and compressed, agents lose nothing and send nothing twice', async () => {
  const url = inject('elasticsearchUrl');
  const { actions, problems } = await chaos({ url, milliseconds: 12_000, random: new Random(20_261_123) });
  expect(problems).toEqual([]);
  expect(new Set(actions).size).toBeGreaterThan(5);
});
