import { chaos } from '../crash/chaos.ts';
import { failpointGroups, killAtFailpoints } from '../crash/failpoints.ts';
import type { Failpoint } from '../crash/failpoints.ts';
import type { UnreliableElasticsearch } from '../crash/outages.ts';
import { Random } from '../../kit/random.ts';
import { heavyScenes } from '../tail/heavy.ts';

const failpoints: readonly Failpoint[] = failpointGroups.flat();

/** Every so many seeds it is one of what takes minutes: lines of a gigabyte, backlogs. */
const heavySeeds = 20;

/** How often an agent is killed at one failpoint before one lives. */
export const killsAtFailpoint = 20;

export interface Outcome {
  name: string;
  /** The point at which agents were killed {@link killsAtFailpoint} times, if that was the scenario. */
  failpoint?: Failpoint;
  problems: string[];
}

/** Kills an agent at one failpoint `times` times, in one log; returns what is wrong after the last start. */
export async function killOftenAt(
  url: string,
  failpoint: Failpoint,
  random: Random,
  times = killsAtFailpoint,
): Promise<string[]> {
  return await killAtFailpoints({ url, failpoints: Array.from({ length: times }, () => failpoint), random });
}

/** What a seed stands for: every second one a failpoint, every twentieth a heavy scene, each in turn; the others half a minute of chaos. */
export async function runScenario(seed: number, elasticsearch: UnreliableElasticsearch): Promise<Outcome> {
  const random = new Random(seed);
  const { url } = elasticsearch;
  if (seed % 2 === 0) {
    const failpoint = failpoints[(seed / 2) % failpoints.length]!;
    const problems = await killOftenAt(url, failpoint, random);
    return { name: `${killsAtFailpoint} kills at "${failpoint}"`, failpoint, problems };
  }
  if (seed % heavySeeds === heavySeeds - 1) {
    const { name, run } = heavyScenes[Math.floor(seed / heavySeeds) % heavyScenes.length]!;
    return { name, problems: await run(url, random) };
  }
  const outages = random.next() < 0.5 ? elasticsearch : undefined;
  const sources = random.integer(1, 3);
  const removing = random.next() < 0.5;
  const actions = random.integer(20, 120);
  const done = await chaos({ url, random, actions, sources, removing, ...(outages && { outages }) });
  const name = `chaos in ${sources} logs, ${done.losses.join(' to ')} lines lost: ${countsOf(done.actions)}`;
  return { name, problems: done.problems };
}

/** Of `n` seeds in a row, the number of failpoints that all have been visited in. */
export const failpointCount = failpoints.length;

function countsOf(actions: readonly string[]): string {
  const groups = Object.entries(Object.groupBy(actions, (name) => name));
  return groups.map(([name, all]) => `${all?.length} ${name}`).join(', ');
}
