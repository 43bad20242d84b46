import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { manifestsOf, temporaryFolder, until } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';

const url = inject('elasticsearchUrl');
const cannotWrite = /the state cannot be written; nothing is lost/u;

/** A file system of its own, which can be filled; undefined where this user may not mount. */
async function smallDisk(mebibytes: number): Promise<({ path: string } & AsyncDisposable) | undefined> {
  const folder = await temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder.path], {
      stdio: 'pipe',
    });
  } catch {
    await folder[Symbol.asyncDispose]();
    return undefined;
  }
  return {
    path: folder.path,
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', [folder.path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Takes all space of a disk but `freeBytes`. */
function fill(disk: string, freeBytes = 0): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - freeBytes), 1));
}

async function epochsOf({ namespace }: Scene): Promise<string[]> {
  return [...new Set((await manifestsOf(url, namespace)).map(({ origin }) => origin))];
}

test('a full disk stops the agent, also over a kill and a start, and with room it goes on in the same epoch', async ({
  skip,
}) => {
  await using disk = (await smallDisk(8)) ?? skip('no file system can be mounted here');
  const stateDir = join(disk.path, 'state');
  await using scene = await Scene.make({ url, more: { stateDir } });
  const { writer } = scene;
  await writer.lines(20);
  const agent = await scene.start();
  await scene.shipped();

  fill(disk.path);
  await writer.lines(20);
  await until(
    () => agent.said(cannotWrite).length > 0,
    () => agent.tail(),
  );
  expect(agent.state).toBe('ready');
  await agent.kill();
  // Nothing but waiting, or ending with the reason, may come of a start now.
  const second = scene.spawn();
  await until(
    () => second.state === 'exited' || second.said(cannotWrite).length > 0,
    () => second.tail(),
  );
  expect(second.tail()).toContain('the disk is full');
  await second.kill();
  expect(second.said(/put aside/u)).toEqual([]);

  rmSync(join(disk.path, 'ballast'));
  await scene.start();
  await writer.lines(5);
  expect(await scene.finish()).toEqual([]);
  expect(await epochsOf(scene)).toHaveLength(1);
});

test('an agent that waits for room on the disk goes on by itself', async ({ skip }) => {
  await using disk = (await smallDisk(8)) ?? skip('no file system can be mounted here');
  await using scene = await Scene.make({ url, more: { stateDir: join(disk.path, 'state') } });
  await scene.writer.lines(20);
  const agent = await scene.start();
  await scene.shipped();
  fill(disk.path);
  await scene.writer.lines(20);
  const paused = async () =>
    (await agent.metrics()).get('auditseal_paused{source="kube-apiserver",reason="disk"}');
  await until(
    async () => (await paused()) === 1,
    () => agent.tail(),
  );
  expect(agent.said(cannotWrite).length).toBeGreaterThan(0);
  expect(await agent.probe('healthz')).toBe(200);
  rmSync(join(disk.path, 'ballast'));
  await until(
    async () => (await paused()) === 0,
    () => agent.tail(),
  );
  expect(await scene.finish()).toEqual([]);
  expect(await epochsOf(scene)).toHaveLength(1);
});

test('with less room than freeBytesMin reading pauses, says so in metric and log, and goes on when there is room', async () => {
  await using scene = await Scene.make({ url });
  const { bavail, bsize } = statfsSync(scene.folder);
  mkdirSync(join(scene.folder, 'state'));
  await scene.configure({ more: { freeBytesMin: bavail * bsize * 2 } });
  await scene.writer.lines(20);
  const paused = await scene.start();
  await until(
    async () => (await paused.metrics()).get('auditseal_paused{source="kube-apiserver",reason="disk"}') === 1,
    () => paused.tail(),
  );
  expect(paused.said(/reading is paused: the disk is full/u)).toHaveLength(1);
  expect((await paused.metrics()).get('auditseal_read_lines_total{source="kube-apiserver"}') ?? 0).toBe(0);
  expect(await paused.stop()).toBe(0);

  await scene.configure({});
  await scene.start();
  expect(await scene.finish()).toEqual([]);
  const notices = (await manifestsOf(url, scene.namespace)).flatMap((manifest) => manifest.notices);
  expect(notices.filter(({ kind }) => kind === 'paused')).toMatchObject([{ reason: 'disk' }]);
  expect(await epochsOf(scene)).toHaveLength(1);
});
