import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from './random.ts';
import { Scene, type SceneOptions } from './scene.ts';

/** An Elasticsearch that can be away, and comes back at the same address with the same data. */
export interface Outages {
  leave(how: 'stop' | 'kill'): Promise<void>;
  comeBack(): Promise<void>;
}

export interface ChaosOptions extends SceneOptions {
  /** How long things go wrong. */
  milliseconds: number;
  random: Random;
  outages?: Outages;
}

/**
 * Writes, rotates and compresses an audit log while agents are killed at random instants and started again, and
 * Elasticsearch goes away and comes back. Returns what happened, and what is wrong after the last start.
 */
export async function chaos(options: ChaosOptions): Promise<{ actions: string[]; problems: string[] }> {
  const { random, outages, milliseconds, url } = options;
  const more = { epochDays: random.pick([6 / 86_400, 30]), ...options.more };
  await using scene = await Scene.make({ url, more });
  const actions: string[] = [];
  const acts = actsOf(scene, random, outages);
  scene.spawn();
  for (const end = performance.now() + milliseconds; performance.now() < end;) {
    const [name, act] = random.pick(acts);
    actions.push(name);
    await act();
    if (scene.agent?.state === 'exited' && scene.agent.exit?.code !== 0 && !scene.agent.exit?.signal)
      return { actions, problems: [`the agent ended by itself: ${scene.agent.tail()}`] };
  }
  await outages?.comeBack();
  if (scene.agent?.state !== 'exited') await scene.agent?.kill();
  await scene.start();
  return { actions, problems: await scene.finish() };
}

type Act = [name: string, act: () => Promise<unknown>];

/** What may happen, each as often as it is listed. */
function actsOf(scene: Scene, random: Random, outages: Outages | undefined): Act[] {
  const { writer } = scene;
  const plain = new Set<string>();
  const write: Act = ['lines', () => writer.lines(random.integer(1, 20))];
  const burst: Act = ['burst', () => writer.burst(random.integer(1, 100))];
  const rotate: Act = ['rotate', () => Promise.resolve(plain.add(writer.rotate()))];
  const pause: Act = ['pause', () => delay(random.integer(1, 800))];
  const compress: Act = [
    'compress',
    async () => {
      const [backup] = [...plain];
      if (backup === undefined || random.next() < 0.5) return;
      plain.delete(backup);
      await writer.log.compress(backup);
    },
  ];
  const kill: Act = [
    'kill',
    async () => {
      await scene.agent?.kill();
      if (random.next() < 0.5) await writer.burst(random.integer(0, 100));
      scene.spawn();
    },
  ];
  const stop: Act = [
    'stop',
    async () => {
      if (scene.agent?.state !== 'ready') return;
      await scene.agent.stop();
      scene.spawn();
    },
  ];
  const outage: Act = [
    'outage',
    async () => {
      await outages?.leave(random.pick(['stop', 'kill']));
      for (let i = random.integer(1, 4); i > 0; i -= 1)
        await random.pick([write, burst, rotate, pause, kill])[1]();
      await outages?.comeBack();
    },
  ];
  const often = [write, burst, rotate, compress, pause, kill];
  return [...often, ...often, ...often, stop, ...(outages ? [outage] : [])];
}
