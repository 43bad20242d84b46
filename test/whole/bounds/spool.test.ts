import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statfsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { temporaryFolder, until } from '../../kit/agent/index.ts';
import type { AgentProcess } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { scrape, sumOf } from '../../kit/scrape.ts';
import { Gate } from './gate.ts';

const url = inject('elasticsearchUrl');
const mebibyte = 1024 * 1024;

/** Lines that compression cannot make much smaller. */
async function writeNoise({ writer }: Scene, bytes: number): Promise<void> {
  for (let written = 0; written < bytes; written += 4000)
    await writer.line(`${writer.count} ${randomBytes(3000).toString('base64')}`);
}

async function value(agent: AgentProcess, name: string, labels = {}): Promise<number> {
  return sumOf(await scrape(agent.port), `auditseal_${name}`, labels);
}

test('a full spool pauses reading and says so once; when Elasticsearch is back all arrives, oldest first, one request at a time', async () => {
  await using gate = await Gate.start(url, false);
  await using scene = await Scene.make({ url });
  const more = { spoolBytesMax: mebibyte, batchBytesMax: 128 * 1024 };
  await scene.configure({ url: gate.url, more });
  await writeNoise(scene, 5 * mebibyte);
  const agent = await scene.start();
  await until(
    async () => (await value(agent, 'paused', { reason: 'spool' })) === 1,
    () => agent.tail(),
  );
  // Some more tries of a server that is away must not be some more pauses.
  await until(
    async () => (await value(agent, 'retries_total', { cause: 'unreachable' })) >= 2,
    () => agent.tail(),
  );
  expect(agent.said(/reading is paused: the spool is full/u)).toHaveLength(1);
  expect(await value(agent, 'pauses_total', { reason: 'spool' })).toBe(1);
  const spooled = await value(agent, 'spool_bytes');
  expect(spooled).toBeGreaterThanOrEqual(mebibyte * 0.9);
  // A chunk that was read is finished: 1 MiB of lines, whose documents hold them twice.
  expect(spooled).toBeLessThan(3.5 * mebibyte);
  await until(
    async () => (await value(agent, 'lag_bytes')) > mebibyte,
    () => agent.tail(),
  );
  expect(await value(agent, 'waiting_events')).toBeGreaterThan(0);
  expect(await agent.probe('healthz')).toBe(200);
  // Counted is what is durable: what was read just before the pause may still be on its way there.
  const { size } = statSync(scene.writer.log.path);
  await until(
    async () => (await value(agent, 'read_bytes_total')) + (await value(agent, 'lag_bytes')) === size,
    () => agent.tail(),
  );
  const read = await value(agent, 'read_lines_total');
  await scene.writer.lines(1);
  expect(await value(agent, 'read_lines_total')).toBe(read);

  gate.isOpen = true;
  expect(await scene.finish()).toEqual([]);
  expect(gate.bulksAtOnceMax).toBe(1);
  expect(gate.recorded).toEqual(gate.recorded.map((_batch, n) => n));
  expect(agent.said(/reading goes on/u).length).toBeGreaterThan(0);
});

/** A file system of its own; undefined where this user may not mount. */
async function smallDisk(mebibytes: number): Promise<({ path: string } & AsyncDisposable) | undefined> {
  const folder = await temporaryFolder();
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder.path];
    execFileSync('mount', options, { stdio: 'pipe' });
  } catch {
    await folder[Symbol.asyncDispose]();
    return undefined;
  }
  const remove = async () => {
    execFileSync('umount', [folder.path]);
    await folder[Symbol.asyncDispose]();
  };
  return { path: folder.path, [Symbol.asyncDispose]: remove };
}

test('when the spool itself has taken the disk to its floor, what was shipped makes room for what comes, though the file does not shrink', async ({
  skip,
}) => {
  await using folder = (await smallDisk(96)) ?? skip('no file system can be mounted here');
  // So that little has to be spooled. The floor leaves room for what may be uncommitted (16 MiB, written twice).
  await writeFile(join(folder.path, 'ballast'), Buffer.alloc(20 * mebibyte));
  await using gate = await Gate.start(url, false);
  await using scene = await Scene.make({ url });
  const freeBytesMin = 64 * mebibyte;
  const more = { stateDir: join(folder.path, 'state'), freeBytesMin, batchBytesMax: mebibyte };
  await scene.configure({ url: gate.url, more });
  await writeNoise(scene, 12 * mebibyte);
  const agent = await scene.start();
  await until(
    async () => (await value(agent, 'paused', { reason: 'disk' })) === 1,
    () => agent.tail(),
  );
  // All of the above may have been read before the disk was looked at: what comes now is left where it is.
  await writeNoise(scene, 3 * mebibyte);
  await until(
    async () => (await value(agent, 'lag_bytes')) > mebibyte,
    () => agent.tail(),
  );
  gate.isOpen = true;
  expect(await scene.finish()).toEqual([]);
  expect(agent.said(/the state cannot be written/u)).toEqual([]);
  // Nobody else made room: the file is as large as it was.
  const { bavail, bsize } = statfsSync(folder.path);
  expect(bavail * bsize).toBeLessThan(freeBytesMin);
});
