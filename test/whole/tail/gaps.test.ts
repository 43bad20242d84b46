import { appendFile, open, readFile, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { expect, inject, test } from 'vitest';
import type { Gap } from '../../../agent/seal/index.ts';
import { collect, manifestsOf, until, verify } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';

const url = inject('elasticsearchUrl');

/** What was written and is not there exactly once, and what is there and was not written. */
async function differing({ writer, namespace }: Scene): Promise<{ missing: string[]; more: string[] }> {
  const found = await collect(url, namespace);
  return {
    missing: [...writer.written.keys()].filter((line) => !found.has(line)),
    more: [...found].flatMap(([line, count]) => (count > 1 || !writer.written.has(line) ? [line] : [])),
  };
}

async function gapsOf({ namespace }: Scene): Promise<Gap[]> {
  return (await manifestsOf(url, namespace)).flatMap(({ gaps }) => gaps);
}

/** What `auditseal verify` says: its exit code and each finding's kind. */
async function verdict({ namespace }: Scene) {
  const { exitCode, lines } = await verify(url, namespace, ['--json']);
  const parsed = lines.map((line) => JSON.parse(line) as { finding?: string });
  return { exitCode, findings: parsed.flatMap(({ finding }) => finding ?? []) };
}

async function gapCounts({ agent }: Scene): Promise<Record<string, number>> {
  const samples = [...((await agent?.metrics()) ?? [])].filter(([name]) => name.startsWith('auditseal_gaps'));
  return Object.fromEntries(
    samples
      .filter(([, value]) => value > 0)
      .map(([name, value]) => [/reason="(.*)"/u.exec(name)?.[1] ?? name, value]),
  );
}

/** Starts an agent, waits for `events` events in all, and stops it. */
async function life(scene: Scene, events: number): Promise<Record<string, number>> {
  const agent = await scene.start();
  await scene.shipped(events);
  const counts = await gapCounts(scene);
  expect(await agent.stop()).toBe(0);
  return counts;
}

test('backups deleted while the agent was down are a gap in manifest, metric, log and verdict, which is not tampering', async () => {
  await using scene = await Scene.make({ url });
  const { writer } = scene;
  await writer.lines(30);
  await life(scene, 30);
  const before = [...writer.written.keys()];
  await writer.lines(10);
  const half = writer.rotate();
  await writer.lines(10);
  const whole = writer.rotate();
  const lost = [...writer.written.keys()].slice(30);
  await writer.lines(10);
  await rm(half);
  await rm(whole);

  const counts = await life(scene, 40);
  expect(await differing(scene)).toEqual({ missing: lost, more: [] });
  const [gap, ...others] = await gapsOf(scene);
  expect(others).toEqual([]);
  expect(gap).toMatchObject({
    reason: 'deleted',
    before: { path: writer.log.path, offset: Buffer.byteLength(`${before.join('\n')}\n`, 'latin1') },
    after: { path: writer.log.path, offset: 0 },
    from: expect.any(String) as string,
    to: expect.any(String) as string,
  });
  expect(gap?.after?.file).not.toBe(gap?.before?.file);
  expect(counts).toEqual({ deleted: 1 });
  expect(
    scene.agent?.said(/^events are missing or not proven complete: a rotated file was deleted/u),
  ).toMatchObject([{ 'auditseal.source': 'kube-apiserver', 'auditseal.gap': { reason: 'deleted' } }]);
  expect(await verdict(scene)).toEqual({ exitCode: 3, findings: ['gap'] });
});

test('of a compressed backup that is cut off, everything that can be read arrives, and the rest is one gap', async () => {
  await using scene = await Scene.make({ url });
  const { writer } = scene;
  await writer.lines(400);
  const backup = writer.rotate();
  const count = writer.count;
  await writer.lines(5);
  writer.rotate();
  await writer.lines(5);
  const compressed = gzipSync(await readFile(backup));
  await writeFile(`${backup}.gz`, compressed.subarray(0, Math.floor(compressed.length / 2)));
  await unlink(backup);
  const readable = gunzipSync(await readFile(`${backup}.gz`), { finishFlush: constants.Z_SYNC_FLUSH })
    .toString('latin1')
    .split('\n');
  const torn = readable.pop() ?? '';
  expect(readable.length).toBeGreaterThan(50);

  const counts = await life(scene, readable.length + (torn === '' ? 0 : 1) + 10);
  const lines = [...writer.written.keys()];
  expect(lines.slice(0, readable.length)).toEqual(readable);
  expect(await differing(scene)).toEqual({
    missing: lines.slice(readable.length, count),
    more: torn === '' ? [] : [torn],
  });
  expect(counts).toEqual({ corrupt: 1 });
  expect(await gapsOf(scene)).toMatchObject([{ reason: 'corrupt', before: { path: backup } }]);
  expect(await verdict(scene)).toEqual({ exitCode: 3, findings: ['gap'] });
});

test.for([
  { copy: 'audit.log.1', packed: false },
  { copy: 'audit.log-20261123.gz', packed: true },
])(
  'copytruncate to $copy leaves a hole of zeros: every line arrives, and one gap says that it is not proven',
  async ({ copy, packed }) => {
    await using scene = await Scene.make({ url });
    const { writer } = scene;
    await writer.lines(20);
    const agent = await scene.start();
    await scene.shipped(20);
    // It sees nothing of what happens in between.
    process.kill(agent.pid, 'SIGSTOP');
    await writer.lines(20);
    const text = await readFile(writer.log.path);
    await writeFile(join(writer.log.folder, copy), packed ? gzipSync(text) : text);
    await truncate(writer.log.path, 0);
    // The apiserver opened the file without O_APPEND: it goes on where it was.
    await using file = await open(writer.log.path, 'r+');
    const line = `no event at all: behind the hole`;
    await file.write(Buffer.from(`${line}\n`), 0, line.length + 1, text.length);
    writer.written.set(line, 1);
    process.kill(agent.pid, 'SIGCONT');
    await scene.shipped(41);
    await appendFile(writer.log.path, '');
    expect(await gapCounts(scene)).toEqual({ unproven: 1 });
    expect(await agent.stop()).toBe(0);

    expect(await differing(scene)).toEqual({ missing: [], more: [] });
    expect(await gapsOf(scene)).toMatchObject([
      { reason: 'unproven', after: { path: writer.log.path, offset: text.length } },
    ]);
    expect(await verdict(scene)).toEqual({ exitCode: 3, findings: ['gap'] });
  },
);

test('three rotations while only one backup is kept leave one gap, and everything still on the disk arrives', async () => {
  await using scene = await Scene.make({ url });
  const { writer } = scene;
  await writer.lines(10);
  const agent = await scene.start();
  await scene.shipped(10);
  process.kill(agent.pid, 'SIGSTOP');
  const lost: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    await writer.lines(10);
    writer.rotate();
    if (round === 1) lost.push(...[...writer.written.keys()].slice(-10));
    await writer.log.deleteBeyond(1);
  }
  await writer.lines(10);
  process.kill(agent.pid, 'SIGCONT');
  // The first file is still open when it is deleted: nothing of it is lost.
  await scene.shipped(40);
  expect(await agent.stop()).toBe(0);
  expect(await differing(scene)).toEqual({ missing: lost, more: [] });
  expect(await gapsOf(scene)).toMatchObject([{ reason: 'unproven' }]);
  expect(await verdict(scene)).toEqual({ exitCode: 3, findings: ['gap'] });
});

test('what happens to a live file beside rotation: emptied, deleted and made again, moved and linked', async () => {
  await using scene = await Scene.make({ url });
  const { writer } = scene;
  const { path, folder } = writer.log;
  await writer.lines(10);
  const agent = await scene.start();
  await scene.shipped(10);
  await truncate(path, 0);
  await writer.lines(5);
  await scene.shipped(15);
  await unlink(path);
  await writer.lines(5);
  await scene.shipped(20);
  await rename(path, join(folder, 'elsewhere'));
  await until(
    () => agent.said(/was deleted or moved away|nothing new to read/u).length > 0,
    () => agent.tail(),
  );
  await writer.lines(5);
  await scene.shipped(25);
  expect(await agent.stop()).toBe(0);
  expect(await differing(scene)).toEqual({ missing: [], more: [] });
  const gaps = await gapsOf(scene);
  expect(gaps.map(({ reason }) => reason).slice(0, 1)).toEqual(['truncated']);
  expect(await verdict(scene)).toEqual({ exitCode: 3, findings: gaps.map(() => 'gap') });
});
