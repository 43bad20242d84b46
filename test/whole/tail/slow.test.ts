import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { expect, inject, test, vi } from 'vitest';
import { collect, difference, manifestsOf, until, verify } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { buildRotator } from '../../kit/rotator/index.ts';
import { NumberedRotator } from '../../kit/rotator/numbered.ts';
import { SlowElasticsearch } from '../../kit/slow-elasticsearch.ts';

// Processes that start and end: most of it is waiting for a busy machine.
vi.setConfig({ testTimeout: 240_000 });

const url = inject('elasticsearchUrl');
const binary = await buildRotator();
const hasProc = await stat('/proc/self/fd').then(
  () => true,
  () => false,
);
const paused = 'auditseal_paused{source="kube-apiserver",reason="spool"}';

/** Whether a process has a file open. */
async function holds(pid: number, path: string): Promise<boolean> {
  const { ino } = await stat(path);
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const stats = await Promise.all(
    descriptors.map((name) => stat(`/proc/${pid}/fd/${name}`).catch(() => undefined)),
  );
  return stats.some((one) => one?.ino === ino && one.isFile());
}

test.skipIf(!binary || !hasProc).for([false, true])(
  'while a full spool keeps the agent from reading, lumberjack rotates and deletes: what the agent saw is read afterwards, with no loss and no gap (compressing: %s)',
  async (compress) => {
    await using elasticsearch = await SlowElasticsearch.start(url, 0);
    const more = { spoolBytesMax: 1024 * 1024, batchBytesMax: 256 * 1024 };
    await using scene = await Scene.make({ url: elasticsearch.url, more });
    const { path, folder } = scene.writer.log;
    await using writer = new NumberedRotator(binary ?? '', { path, maxBackups: 2, compress });
    await writer.lines(5);
    const agent = await scene.start();
    await scene.shipped(5);
    elasticsearch.delayMilliseconds = 3_600_000;
    for (let n = 0; n < 1000; n += 1)
      await writer.line(`no event: ${n} ${randomBytes(2000).toString('base64')}`);
    await until(
      async () => (await agent.metrics()).get(paused) === 1,
      () => `reading is not paused: ${agent.tail()}`,
    );
    for (let rotation = 0; rotation < 6; rotation += 1) {
      await writer.linesAndRotate(20);
      await writer.lines(1);
      await until(
        async () => await holds(agent.pid, path),
        () => `the agent does not hold what is there: ${agent.tail()}`,
      );
    }
    await until(
      async () => (await readdir(folder)).length === 3,
      () => 'lumberjack does not delete',
    );
    elasticsearch.delayMilliseconds = 0;
    elasticsearch.release();
    await scene.shipped(writer.written.size);
    expect(await agent.stop()).toBe(0);
    expect(difference(writer.written, await collect(url, scene.namespace))).toEqual([]);
    expect((await manifestsOf(url, scene.namespace)).flatMap(({ gaps }) => gaps)).toEqual([]);
    expect(await verify(url, scene.namespace)).toMatchObject({ exitCode: 0 });
  },
);
