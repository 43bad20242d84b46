import { expect, inject, test } from 'vitest';
import { chaos } from './chaos.ts';
import { Random } from '../../kit/random.ts';

const url = inject('elasticsearchUrl');
const seed = Number(process.env['CHAOS_SEED'] ?? 20_261_123);
const replay = `CHAOS_SEED=${seed} replays this`;

test('killed at random instants while lines are written to several logs and files rotated and compressed, agents lose nothing and send nothing twice', async () => {
  const { actions, problems } = await chaos({ url, actions: 40, sources: 2, random: new Random(seed) });
  expect(problems, replay).toEqual([]);
  expect(new Set(actions).size).toBeGreaterThan(5);
});

test('with files cut and deleted at random as well, exactly what was taken away unread is lost, and gaps say where', async () => {
  const random = new Random(seed);
  const { actions, losses, problems } = await chaos({ url, actions: 45, sources: 2, random, removing: true });
  expect(problems, replay).toEqual([]);
  expect(new Set(actions.filter((name) => name.startsWith('remove'))).size).toBeGreaterThan(3);
  expect(losses[0]).toBeGreaterThan(0);
});
