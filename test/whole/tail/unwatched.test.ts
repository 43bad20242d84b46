import { expect, inject, test } from 'vitest';
import { usageOf } from '../../../bench/throughput/usage.ts';
import { until } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';

const url = inject('elasticsearchUrl');
const readLines = 'auditseal_read_lines_total{source="kube-apiserver"}';

test('without a file system watcher nothing is lost over rotations, compression, kills and a missing file', async () => {
  await using scene = await Scene.make({ url });
  const { writer } = scene;
  for (let life = 0; life < 3; life += 1) {
    const agent = await scene.start({ watch: false });
    await writer.lines(20);
    const backup = writer.rotate();
    await writer.burst(50);
    await writer.log.compress(backup);
    if (life === 1) await scene.shipped();
    writer.rotate();
    if (life < 2) await agent.kill();
  }
  expect(await scene.finish()).toEqual([]);
});

test.concurrent.for([true, false])(
  'with default intervals a new line is sealed by the batch time, without a heartbeat (watcher: %s), and polling is cheap',
  async (watch) => {
    const defaults = {
      batchSeconds: 5,
      pollMilliseconds: 500,
      heartbeatSeconds: 86_400,
      commitsPerSecondMax: 1,
    };
    await using scene = await Scene.make({ url, more: defaults });
    await scene.writer.lines(1);
    const agent = await scene.start({ watch });
    await scene.shipped();

    const before = usageOf(agent.pid).cpuSeconds;
    const idleSeconds = 4;
    await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
    const core = (usageOf(agent.pid).cpuSeconds - before) / idleSeconds;
    // CPU time counts in hundredths of a second, and a busy machine's caches are cold: bench/tail measures 1 %.
    expect(core).toBeLessThan(0.03);

    await scene.writer.lines(1);
    await until(
      async () => (await agent.metrics()).get(readLines) === 2,
      () => agent.tail(),
    );
    expect(await scene.finish()).toEqual([]);
  },
);
