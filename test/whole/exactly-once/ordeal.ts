import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import type { Summary } from '../../../agent/verify/index.ts';
import { difference, until, verify, writeConfig } from '../../kit/agent/index.ts';
import type { Multiset } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import type { Random } from '../../kit/random.ts';
import { rollover } from '../../kit/elasticsearch/index.ts';
import { losingProxy } from './losing-proxy.ts';
import type { Fate, LosingProxy } from './losing-proxy.ts';
import { announcements, stored } from './stored.ts';
import type { Stored } from './stored.ts';

export interface OrdealOptions {
  url: string;
  random: Random;
  /** Whether the agent has a key that may read. */
  lookup: boolean;
  epochDays: number;
  /** It ends when so many outcomes were unknown, and so many streams rolled over, among them some that tempt to make copies. */
  lossesMin: number;
  rolloversMin: number;
}

export interface Ordeal {
  /** What really happened; `tempting`: events were stored, the answer was lost, and the stream rolled over before they were sent again. */
  happened: { losses: number; rollovers: number; kills: number; tempting: number };
  found: Stored;
  /** Lines that were written and are not there, or the other way round. */
  difference: string[];
  /** Duplicates that no manifest announces. */
  unannounced: string[];
  verified: Pick<Summary, 'exitCode' | 'copies' | 'recordCopies' | 'findings'>;
}

/**
 * Ships an audit log through a proxy that loses answers and requests, while streams roll over before what was lost is sent
 * again, and agents are killed; then everything is let through, and two clean starts later it is looked what there is.
 */
export async function ordeal(options: OrdealOptions): Promise<Ordeal> {
  const { url, random, lookup, epochDays, lossesMin, rolloversMin } = options;
  await using scene = await Scene.make({ url });
  const happened = { losses: 0, rollovers: 0, kills: 0, tempting: 0 };
  const isEnough = () =>
    happened.losses >= lossesMin &&
    happened.rollovers >= rolloversMin &&
    happened.kills >= 2 &&
    happened.tempting >= 1;
  const trouble = new Trouble(scene, random, happened);
  await using proxy = await losingProxy(url, {
    decide: () => (trouble.calm ? 'pass' : random.pick(fates)),
    losing: (stream, fate) => trouble.losing(stream, fate),
  });
  trouble.settled = proxy.settled;
  await configure(scene, proxy, lookup, epochDays);
  await scene.writer.burst(30);
  await scene.start();
  await arrived(scene);
  trouble.calm = false;
  const end = performance.now() + troubleMillisecondsMax;
  while (!isEnough()) {
    if (performance.now() > end)
      throw new Error(
        `too little happened: ${JSON.stringify(happened)}; ${scene.agent?.state}, ${scene.agent?.tail()}`,
      );
    await scene.writer.burst(random.integer(1, 30));
    await delay(random.integer(1, 400));
    if (scene.agent?.state === 'exited' && !trouble.isKilling)
      throw new Error(`the agent ended by itself: ${scene.agent.tail()}`);
    if (random.next() < 0.1) await trouble.kill();
  }
  trouble.calm = true;
  await trouble.killing;
  await arrived(scene);
  // What the last batches ran into is announced by the next manifest, at the latest by that of the next start.
  await stop(scene);
  await scene.start();
  await stop(scene);
  return await judge(scene, happened);
}

/** Only ends what hangs. */
const troubleMillisecondsMax = 300_000;

const fates: readonly Fate[] = [...Array<Fate>(7).fill('pass'), 'drop', 'drop', 'cut', 'page', 'swallow'];

class Trouble {
  calm = true;
  killing: Promise<unknown> | undefined;
  settled: () => Promise<void> = () => Promise.resolve();
  readonly #scene: Scene;
  readonly #random: Random;
  readonly #happened: Ordeal['happened'];

  constructor(scene: Scene, random: Random, happened: Ordeal['happened']) {
    this.#scene = scene;
    this.#random = random;
    this.#happened = happened;
  }

  get isKilling(): boolean {
    return this.killing !== undefined;
  }

  /** Before the agent learns that it does not know: the stream goes on in a new backing index, or the agent dies, or both. */
  async losing(stream: string, fate: Fate): Promise<void> {
    this.#happened.losses += 1;
    if (this.#random.next() < 0.5) {
      await rollover(this.#scene.url, stream);
      this.#happened.rollovers += 1;
      if (fate !== 'swallow' && stream === eventStream(this.#scene.namespace)) this.#happened.tempting += 1;
    }
    if (this.#random.next() < 0.1) await this.kill();
  }

  /** One at a time; with a rollover while it is down, or without. */
  async kill(): Promise<void> {
    // On a busy machine starts take long: not more than one kill for every three losses.
    if (this.killing || this.calm || this.#happened.kills * 3 > this.#happened.losses) return;
    this.killing = this.#kill().finally(() => (this.killing = undefined));
    await this.killing;
  }

  async #kill(): Promise<void> {
    const { url, namespace } = this.#scene;
    await this.#scene.agent?.kill();
    this.#happened.kills += 1;
    // What is still being worked on when the next agent looks is what no lookup can find; its copies are announced.
    await this.settled();
    for (const stream of [eventStream(namespace), recordStream(namespace)])
      if (this.#random.next() < 0.5) {
        await rollover(url, stream);
        this.#happened.rollovers += 1;
      }
    await this.#scene.start();
  }
}

async function configure(
  scene: Scene,
  proxy: LosingProxy,
  lookup: boolean,
  epochDays: number,
): Promise<void> {
  const lookupApiKeyFile = join(scene.folder, 'lookup-key');
  // The embedded server has no security: what counts here is that the agent looks.
  if (lookup) await writeFile(lookupApiKeyFile, 'a-key-that-may-read\n');
  await writeConfig(scene.folder, {
    elasticsearchUrl: proxy.url,
    namespace: scene.namespace,
    more: { epochDays },
    ...(lookup && { elasticsearch: { lookupApiKeyFile } }),
  });
}

/** Until every line that was written is there. */
async function arrived({ url, namespace, writer, agent }: Scene): Promise<void> {
  let found = 0;
  await until(
    async () =>
      (found = (await stored(url, namespace).catch(() => undefined))?.lines.length ?? 0) >= writer.count,
    () => `${found} of ${writer.count} events have arrived: ${agent?.tail()}`,
    { everyMilliseconds: 300 },
  );
}

async function stop({ agent }: Scene): Promise<void> {
  const code = await agent?.stop(120_000);
  if (code !== 0) throw new Error(`the agent ended with ${code}: ${agent?.tail()}`);
}

async function judge({ url, namespace, writer }: Scene, happened: Ordeal['happened']): Promise<Ordeal> {
  const found = await stored(url, namespace);
  const isAnnounced = await announcements(url, namespace);
  const lines: Multiset = new Map();
  for (const line of found.lines) lines.set(line, (lines.get(line) ?? 0) + 1);
  const unannounced = [...found.events, ...found.records].filter(({ place }) => place && !isAnnounced(place));
  const { lines: said } = await verify(url, namespace, ['--json']);
  const { exitCode, copies, recordCopies, findings } = JSON.parse(said.at(-1) ?? '{}') as Summary;
  return {
    happened,
    found,
    difference: difference(writer.written, lines),
    unannounced: unannounced.map(({ id }) => id),
    verified: { exitCode, copies, recordCopies, findings },
  };
}
