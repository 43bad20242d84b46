import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { collect, difference, manifestsOf, until, verify } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { buildRotator } from '../../kit/rotator/index.ts';
import { NumberedRotator } from '../../kit/rotator/numbered.ts';
import { SlowElasticsearch } from '../../kit/slow-elasticsearch.ts';

const url = inject('elasticsearchUrl');
const binary = await buildRotator();
const hasProc = await stat('/proc/self/fd').then(
  () => true,
  () => false,
);
const paused = 'auditseal_paused{source="kube-apiserver",reason="spool"}';

/** The inodes of the regular files that a process has open. */
async function openInodes(pid: number): Promise<Set<number>> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const stats = await Promise.all(
    descriptors.map((name) => stat(`/proc/${pid}/fd/${name}`).catch(() => undefined)),
  );
  return new Set(stats.flatMap((one) => (one?.isFile() ? [one.ino] : [])));
}

/** The inodes of what is in a folder now. */
async function inodesIn(folder: string): Promise<number[]> {
  const stats = await Promise.all(
    (await readdir(folder)).map((name) => stat(join(folder, name)).catch(() => undefined)),
  );
  return stats.flatMap((one) => (one ? [one.ino] : []));
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
    const inodes = new Set(await inodesIn(folder));
    for (let files = 2; files <= 7; files += 1) {
      await writer.linesAndRotate(20);
      await writer.lines(1);
      // All files so far, not the live one alone: that is also opened in passing, for its first bytes or to see that it can be.
      await until(
        async () => {
          for (const inode of await inodesIn(folder)) inodes.add(inode);
          const open = await openInodes(agent.pid);
          return open.has((await stat(path)).ino) && inodes.intersection(open).size >= files;
        },
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
