import type { Random } from '../../kit/random.ts';
import { Scene } from '../../kit/scene.ts';
import type { SceneOptions } from '../../kit/scene.ts';

/** Every point at which the agent can be stopped; a test holds the lists to be complete. */
export const failpointGroups = [
  ['start attempted', 'marker sent', 'start answered', 'read', 'sealed'],
  ['compressed', 'durable', 'shipping', 'events shipped', 'refusal durable'],
  ['refused shipped', 'record shipped', 'acknowledged', 'stop durable'],
  ['epoch sealed', 'epoch durable'],
] as const;

export type Failpoint = (typeof failpointGroups)[number][number];

export interface KillOptions extends SceneOptions {
  /** Where the agent is killed, one start after another, before one lives. */
  failpoints: readonly Failpoint[];
  random: Random;
}

/** The points that a start comes to just once. */
const oncePerStart = new Set<Failpoint>(['start attempted', 'marker sent', 'start answered', 'stop durable']);

/**
 * Stops a real agent at each of the failpoints in turn and kills it there, while lines are written and files are rotated;
 * then lets one live. Returns what is wrong then.
 */
export async function killAtFailpoints(options: KillOptions): Promise<string[]> {
  const { failpoints, random, url } = options;
  const epochs = failpoints.some((failpoint) => failpoint.startsWith('epoch'));
  // Four seconds: an epoch's name is a second, and a test should see the change soon.
  const more = { ...(epochs && { epochDays: 4 / 86_400 }), ...options.more };
  await using scene = await Scene.make({ url, more });
  for (const failpoint of failpoints) {
    const problem = await killOnce(scene, failpoint, random);
    if (problem !== undefined) return [problem];
  }
  await scene.start();
  await scene.writer.lines(5);
  return await scene.finish();
}

async function killOnce(scene: Scene, name: Failpoint, random: Random): Promise<string | undefined> {
  const { writer } = scene;
  const hit = oncePerStart.has(name) ? 1 : random.integer(1, 3);
  await writer.burst(random.integer(20, 60));
  const agent = await scene.start({ failpoint: { name, hit } });
  if (name === 'stop durable') agent.stop().catch(() => undefined);
  for (let turn = 0; agent.state !== 'stopped'; turn += 1) {
    if (agent.state === 'exited' || turn > 2000)
      return `did not come to "${name}" (hit ${hit}): ${agent.state}, ${agent.tail()}`;
    if (turn % 5 === 0) await writer.lines(random.integer(1, 5));
    if (turn % 40 === 39) writer.rotate();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await agent.kill();
  await writer.lines(random.integer(0, 3));
  if (random.next() < 0.4) writer.rotate();
  return undefined;
}
