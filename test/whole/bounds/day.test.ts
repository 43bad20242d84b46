import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { runAgent } from '../../../agent/agent.ts';
import { loadSetup } from '../../../agent/cli/load.ts';
import { createLogger } from '../../../agent/observe/index.ts';
import { readStatus } from '../../../agent/store/index.ts';
import { usageOf } from '../../../bench/throughput/usage.ts';
import { manifestsOf, until } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { scrape, sumOf } from '../../kit/scrape.ts';
import { residentBytesMax } from '../../kit/memory-formula.ts';
import { MemoryLimit } from '../../kit/memory-limit.ts';
import { Gate } from './gate.ts';

const url = inject('elasticsearchUrl');
const heartbeatSeconds = 300;
const batches = 86_400 / heartbeatSeconds;
const linesEach = 10;

/**
 * The whole agent in this process, whose clock goes on by a heartbeat with each batch that it seals, until a day has passed
 * by that clock. What is simulated is the time and nothing else: every batch is sealed, signed, compressed and committed.
 */
async function sealADay({ config: file }: Scene): Promise<void> {
  const setup = await loadSetup(file);
  const stop = new AbortController();
  const began = Date.now() - 86_400_000;
  let sealed = 0;
  await runAgent(
    {
      ...setup,
      logger: createLogger('silent'),
      agent: { name: 'auditseal', version: '0.0.0' },
      now: () => new Date(began + sealed * heartbeatSeconds * 1000),
      failpoint: (name) => {
        if (name === 'sealed') sealed += 1;
        if (sealed === batches) stop.abort();
      },
    },
    stop.signal,
  );
}

test('after an outage of a simulated day the agent ships all of it within the memory of the formula, in order, and nothing is lost', async () => {
  await using gate = await Gate.start(url, false);
  await using scene = await Scene.make({ url });
  const limits = { batchBytesMax: 256 * 1024, entryBytesMax: 256 * 1024 };
  const more = { ...limits, heartbeatSeconds, batchEventsMax: linesEach, shutdownSeconds: 0 };
  await scene.configure({ url: gate.url, more });
  await scene.writer.burst(batches * linesEach);
  await sealADay(scene);
  const [waiting] = readStatus(join(scene.folder, 'state')).sources;
  expect(waiting?.waitingBatches).toBeGreaterThanOrEqual(batches);

  gate.isOpen = true;
  const limitBytes = residentBytesMax(limits);
  const limit = MemoryLimit.make(limitBytes);
  try {
    const agent = await scene.start(limit ? { under: limit.under } : {});
    expect(agent.state, agent.tail()).toBe('ready');
    const first = await scrape(agent.port);
    expect(sumOf(first, 'auditseal_sealed_batches_total')).toBeGreaterThanOrEqual(batches);
    await until(
      async () => sumOf(await scrape(agent.port), 'auditseal_waiting_batches') <= 1,
      () => agent.tail(),
      { everyMilliseconds: 250 },
    );
    const { rssBytesMax } = usageOf(agent.pid);
    expect(rssBytesMax).toBeLessThan(limitBytes);
    expect(await scene.finish()).toEqual([]);
    expect(limit?.kills ?? 0).toBe(0);
  } finally {
    limit?.[Symbol.dispose]();
  }
  expect(gate.recorded).toEqual(gate.recorded.map((_batch, n) => n));
  const times = (await manifestsOf(url, scene.namespace)).map(({ sealedAt }) => Date.parse(sealedAt));
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(23.5 * 3_600_000);
});
