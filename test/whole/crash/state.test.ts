import { createHash } from 'node:crypto';
import { cp, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, inject, test } from 'vitest';
import { collect, manifestsOf, startAgent, verify } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';

const url = inject('elasticsearchUrl');

/** Runs an agent until all of `lines` more lines have arrived; stops it. */
async function life(scene: Scene, lines: number, expected = scene.writer.count + lines): Promise<void> {
  await scene.writer.lines(lines);
  const agent = await scene.start();
  await scene.shipped(expected);
  expect(await agent.stop()).toBe(0);
}

/** What was written and is not there; that lines are there twice is no matter. */
async function lost({ writer, namespace }: Scene): Promise<string[]> {
  const found = await collect(url, namespace);
  return [...writer.written.keys()].filter((line) => !found.has(line));
}

async function epochReasons({ namespace }: Scene): Promise<(string | undefined)[]> {
  const notices = (await manifestsOf(url, namespace)).flatMap((manifest) => manifest.notices);
  return notices.flatMap((notice) => (notice.kind === 'epoch' ? [notice.reason] : []));
}

/** The findings of the verifier, without what names the log. */
async function findings({ namespace }: Scene) {
  const { exitCode, lines } = await verify(url, namespace, ['--json']);
  const parsed = lines.map((line) => JSON.parse(line) as { finding?: string });
  return { exitCode, findings: parsed.flatMap(({ finding }) => finding ?? []) };
}

test.concurrent(
  'a state folder that was rolled back begins a new epoch: nothing is lost, and verify names the unlinked epoch',
  async () => {
    await using scene = await Scene.make({ url });
    const state = join(scene.folder, 'state');
    const snapshot = join(scene.folder, 'snapshot');
    await life(scene, 40);
    await cp(state, snapshot, { recursive: true });
    await life(scene, 40);
    expect(await findings(scene)).toEqual({ exitCode: 0, findings: [] });

    await rm(state, { recursive: true });
    await cp(snapshot, state, { recursive: true });
    // The 40 lines of the other life are read again: this one cannot know of them.
    await life(scene, 40, 160);
    expect(scene.agent?.said(/the state folder is older than the log/u)).toHaveLength(1);
    expect(await lost(scene)).toEqual([]);
    expect(await epochReasons(scene)).toEqual(['first', 'rolled back']);
    expect(await findings(scene)).toEqual({ exitCode: 3, findings: ['unlinked epoch'] });
  },
);

test.concurrent(
  'a second agent on one state folder ends with 2 and says why; the first goes on',
  async () => {
    await using scene = await Scene.make({ url });
    await scene.writer.lines(10);
    const first = await scene.start();
    await using second = await startAgent({ config: scene.config });
    expect(await second.exited).toEqual({ code: 2, signal: null });
    expect(second.tail()).toContain(
      'another auditseal runs on this state folder; stop it, or give this one its own stateDir',
    );
    expect(first.state).toBe('ready');
    expect(await scene.finish()).toEqual([]);
  },
);

test.concurrent('the state of a newer release is refused and stays as it is', async () => {
  await using scene = await Scene.make({ url });
  await life(scene, 10);
  const path = join(scene.folder, 'state', 'state.db');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
  const content = async () => ({
    files: (await readdir(join(scene.folder, 'state'))).toSorted(),
    hash: createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  });
  const before = await content();
  const agent = await scene.start();
  expect(await agent.exited).toEqual({ code: 2, signal: null });
  expect(agent.tail()).toMatch(
    /is of a newer auditseal \(state version 99, this one knows \d+\); run that one/u,
  );
  expect(await content()).toEqual(before);
});

test.concurrent(
  'a state that cannot be read is put aside, and a new epoch begins that reads again what is there',
  async () => {
    await using scene = await Scene.make({ url });
    await life(scene, 40);
    const file = await open(join(scene.folder, 'state', 'state.db'), 'r+');
    await file.write(Buffer.alloc(4096, 0xa5), 0, 4096, 0);
    await file.close();
    await life(scene, 10, 90);
    expect(scene.agent?.said(/could not be read and was put aside/u)).toHaveLength(1);
    expect((await readdir(join(scene.folder, 'state'))).join(' ')).toMatch(/state\.db\.corrupt-\d+/u);
    expect(await lost(scene)).toEqual([]);
    expect(await epochReasons(scene)).toEqual(['first', 'state lost']);
    expect(await findings(scene)).toEqual({ exitCode: 3, findings: ['unlinked epoch'] });
  },
);
