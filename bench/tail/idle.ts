import { usageOf } from '../throughput/usage.ts';
import { until } from '../../test/kit/agent/index.ts';
import { Scene } from '../../test/kit/scene.ts';

/** The shipped defaults of what it costs to wait. */
const defaults = { batchSeconds: 5, pollMilliseconds: 500, heartbeatSeconds: 60, commitsPerSecondMax: 1 };

export interface Idle {
  /** Share of one core, heartbeats included. */
  core: number;
  /** From the write of a line to its batch's being durable. */
  sealedSeconds: number[];
  rssBytes: number;
}

/** What an agent with nothing to read costs, and how long a line takes then. */
export async function measureIdle(url: string, watch: boolean, seconds: number): Promise<Idle> {
  await using scene = await Scene.make({ url, more: defaults });
  await scene.writer.lines(1);
  const agent = await scene.start({ watch });
  await scene.shipped();
  // What starting compiled and allocated is settled after a while.
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const before = usageOf(agent.pid).cpuSeconds;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const { cpuSeconds, rssBytesMax: rssBytes } = usageOf(agent.pid);
  const sealedSeconds: number[] = [];
  for (let n = 2; n < 7; n += 1) {
    const began = performance.now();
    await scene.writer.lines(1);
    await until(
      async () => (await agent.metrics()).get('auditseal_read_lines_total{source="kube-apiserver"}') === n,
      () => agent.tail(),
    );
    sealedSeconds.push((performance.now() - began) / 1000);
  }
  const problems = await scene.finish();
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return { core: (cpuSeconds - before) / seconds, sealedSeconds, rssBytes };
}
