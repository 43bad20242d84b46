import { setTimeout as delay } from 'node:timers/promises';
import { collect, countEvents, until, verify } from '../../kit/agent/index.ts';
import { Fate } from './fate.ts';
import type { Random } from '../../kit/random.ts';
import { removals } from './removals.ts';
import { Scene } from '../../kit/scene.ts';
import type { SceneOptions } from '../../kit/scene.ts';
import { sealedOrders } from './sealed.ts';

/** An Elasticsearch that can be away, and comes back at the same address with the same data. */
export interface Outages {
  leave(how: 'stop' | 'kill'): Promise<void>;
  comeBack(): Promise<void>;
}

export interface ChaosOptions extends SceneOptions {
  /** How many things happen: with the seed, the same ones in the same order. */
  actions: number;
  random: Random;
  outages?: Outages;
  /** Whether files are cut and deleted unread, too. */
  removing?: boolean;
}

export interface Outcome {
  actions: string[];
  /** How many lines must be lost, and how many may be. */
  losses: [least: number, most: number];
  problems: string[];
}

/**
 * Writes, rotates and compresses audit logs while agents are killed at random instants and started again, Elasticsearch
 * goes away and comes back, and, if asked for, files are cut and deleted before they were read. Returns what happened, and
 * what is wrong after the last start: what the model does not say, and what `auditseal verify` says.
 */
export async function chaos(options: ChaosOptions): Promise<Outcome> {
  const { random, outages, url, sources, removing = false } = options;
  const more = { epochDays: random.pick([6 / 86_400, 30]), ...options.more };
  await using scene = await Scene.make({ url, more, ...(sources && { sources }) });
  const chaotic = new Chaos(scene, random, outages);
  const acts = [...chaotic.acts, ...(removing ? removals(chaotic) : [])];
  const actions: string[] = [];
  scene.spawn();
  await chaotic.settle();
  while (actions.length < options.actions) {
    const [name, act] = random.pick(acts);
    actions.push(name);
    await act();
    if (scene.agent?.state === 'exited' && scene.agent.exit?.code !== 0 && !scene.agent.exit?.signal)
      return { actions, losses: [0, 0], problems: [`the agent ended by itself: ${scene.agent.tail()}`] };
  }
  await outages?.comeBack();
  await chaotic.kill();
  await scene.start();
  await chaotic.settle();
  const code = await scene.agent?.stop();
  const problems = code === 0 ? [] : [`the agent ended with ${code}: ${scene.agent?.tail()}`];
  const found = await chaotic.problems(actions.some((name) => name.startsWith('remove')));
  return { actions, losses: chaotic.losses, problems: [...problems, ...found] };
}

export type Act = [name: string, act: () => Promise<unknown>];

/** The scene, and the model of each of its logs. */
export class Chaos {
  readonly scene: Scene;
  readonly random: Random;
  /** By the name of the source. */
  readonly fates: ReadonlyMap<string, Fate>;
  readonly #plain = new Set<string>();
  readonly #outages: Outages | undefined;

  constructor(scene: Scene, random: Random, outages: Outages | undefined) {
    this.scene = scene;
    this.random = random;
    this.#outages = outages;
    this.fates = new Map([...scene.writers].map(([name, writer]) => [name, new Fate(writer)]));
  }

  /** One of the logs. */
  get any(): Fate {
    return this.random.pick([...this.fates.values()]);
  }

  get losses(): [least: number, most: number] {
    const all = [...this.fates.values()].map(({ losses }) => losses);
    return [all.reduce((sum, [least]) => sum + least, 0), all.reduce((sum, [, most]) => sum + most, 0)];
  }

  /** What may happen without a loss, each as often as it is listed. */
  get acts(): Act[] {
    const { random, scene } = this;
    const write: Act = ['lines', () => this.any.writer.lines(random.integer(1, 20))];
    const burst: Act = ['burst', () => this.any.writer.burst(random.integer(1, 100))];
    const rotate: Act = ['rotate', () => Promise.resolve(this.#plain.add(this.any.rotate()))];
    const pause: Act = ['pause', () => delay(random.integer(1, 800))];
    const compress: Act = ['compress', () => this.#compress()];
    const kill: Act = [
      'kill',
      async () => {
        await this.kill();
        if (random.next() < 0.5) await this.any.writer.burst(random.integer(0, 100));
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
        await this.#outages?.leave(random.pick(['stop', 'kill']));
        for (let i = random.integer(1, 4); i > 0; i -= 1)
          await random.pick([write, burst, rotate, pause, kill])[1]();
        await this.#outages?.comeBack();
      },
    ];
    const often = [write, burst, rotate, compress, pause, kill];
    return [...often, ...often, ...often, stop, ...(this.#outages ? [outage] : [])];
  }

  async kill(): Promise<void> {
    if (this.scene.agent?.state !== 'exited') await this.scene.agent?.kill();
  }

  /** Writes a line to each log and waits until Elasticsearch has it: then it has all before that is to be had. */
  async settle(): Promise<void> {
    const { scene } = this;
    for (const { writer } of this.fates.values()) await writer.lines(1);
    const last = [...this.fates.values()].map(({ writer }) => [...writer.written.keys()].at(-1) ?? '');
    await until(
      async () => {
        if (scene.agent?.state === 'exited')
          throw new Error(`the agent ended by itself: ${scene.agent.tail()}`);
        // Before the first event there is no stream.
        if ((await countEvents(scene.url, scene.namespace)) === 0) return false;
        const found = await collect(scene.url, scene.namespace);
        return last.every((line) => found.has(line));
      },
      () => `what was written last does not arrive: ${scene.agent?.tail()}`,
      { everyMilliseconds: 250 },
    );
    for (const fate of this.fates.values()) fate.settle();
  }

  /** `removed`: gaps are in order. */
  async problems(removed: boolean): Promise<string[]> {
    const { url, namespace } = this.scene;
    const orders = await sealedOrders(url, namespace);
    const problems: string[] = [];
    let gaps = 0;
    for (const [name, fate] of this.fates) {
      const order = orders.get(name);
      if (!order) problems.push(`${name} has no log`);
      else problems.push(...fate.problems(order).map((problem) => `${name}: ${problem}`));
      gaps += order?.gaps ?? 0;
    }
    if (gaps > 0 && !removed) problems.push(`${gaps} gaps, although nothing was cut or deleted`);
    const { exitCode, lines, errorText } = await verify(url, namespace, ['--json']);
    const findings = lines.map((line) => (JSON.parse(line) as { finding?: string }).finding ?? 'gap');
    const isRight = exitCode === (gaps > 0 ? 3 : 0) && findings.every((finding) => finding === 'gap');
    if (!isRight) problems.push(`verify, with ${gaps} gaps: exit ${exitCode}`, ...lines, errorText);
    return problems;
  }

  /** The oldest that is not, mostly. */
  async #compress(): Promise<void> {
    const half = this.random.next() < 0.5;
    const [backup] = this.#plain;
    if (backup === undefined || half) return;
    this.#plain.delete(backup);
    const isThere = [...this.fates.values()].some(({ writer }) => writer.log.backups.includes(backup));
    if (isThere) await this.scene.writer.log.compress(backup);
  }
}
