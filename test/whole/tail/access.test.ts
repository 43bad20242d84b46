import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { collect, difference, manifestsOf, until } from '../../kit/agent/index.ts';
import type { AgentProcess } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';

const url = inject('elasticsearchUrl');
const cannotRead = /cannot read .* \(EACCES\); trying again/u;

/**
 * A program that takes the right to read everything from the superuser, as the DaemonSet does (`drop: [ALL]`); none for
 * others, who do not have it. Undefined where it cannot be taken.
 */
function bound(): string[] | undefined {
  if (process.getuid?.() !== 0) return [];
  const under = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];
  try {
    execFileSync(under[0]!, [...under.slice(1), process.execPath, '--version'], { stdio: 'pipe' });
    return under;
  } catch {
    return undefined;
  }
}

const under = bound();

async function denied(agent: AgentProcess, path: string): Promise<void> {
  await until(
    () => agent.said(cannotRead).some(({ message = '' }) => message.includes(path)),
    () => agent.tail(),
  );
}

/** How many events of a source have arrived. */
async function arrived(scene: Scene, name: string): Promise<number> {
  const manifests = await manifestsOf(url, scene.namespace).catch(() => []);
  return manifests
    .filter(({ origin }) => origin.split('/')[2] === name)
    .reduce((sum, { count }) => sum + count, 0);
}

test.skipIf(!under)(
  'files that may not be read are said once, hold up no other source, and are read in order without a gap once they may be',
  async () => {
    await using scene = await Scene.make({ url, sources: 2 });
    const { writer } = scene;
    const { path, folder } = writer.log;
    const other = [...scene.writers.values()][1]!;
    await writer.lines(10);
    const backup = writer.rotate();
    await writer.lines(10);
    await chmod(backup, 0);
    await chmod(path, 0);
    const agent = await scene.start({ under: under! });
    await denied(agent, backup);
    await other.lines(10);
    await until(
      async () => (await arrived(scene, 'openshift-apiserver')) === 10,
      () => agent.tail(),
    );
    expect(await arrived(scene, 'kube-apiserver')).toBe(0);
    expect(agent.said(cannotRead)).toHaveLength(1);

    // The live file alone could be read now: but not before the older one.
    await chmod(path, 0o600);
    await other.lines(10);
    await until(
      async () => (await arrived(scene, 'openshift-apiserver')) === 20,
      () => agent.tail(),
    );
    expect(await arrived(scene, 'kube-apiserver')).toBe(0);
    await chmod(backup, 0o600);
    await scene.shipped();

    // Taken away from a file that is open, and from the next one: lumberjack gives it the mode of the one before.
    await chmod(path, 0);
    await writer.lines(5);
    writer.rotate();
    await chmod(path, 0);
    await writer.lines(5);
    await denied(agent, path);
    await chmod(path, 0o600);
    await scene.shipped();

    // The folder itself.
    await chmod(folder, 0);
    await writer.lines(5);
    await other.lines(5);
    await until(
      async () => (await arrived(scene, 'openshift-apiserver')) === 25,
      () => agent.tail(),
    );
    await chmod(folder, 0o700);
    expect(await scene.finish()).toEqual([]);
  },
);

test('a live file that is replaced by a symbolic link, and the link by another, loses nothing and repeats nothing', async () => {
  await using scene = await Scene.make({ url });
  const { writer, folder } = scene;
  const { path } = writer.log;
  await writer.lines(10);
  const agent = await scene.start();
  await scene.shipped();

  // The same file, elsewhere.
  const elsewhere = join(folder, 'elsewhere');
  await mkdir(elsewhere);
  await rename(path, join(elsewhere, 'audit.log'));
  await symlink(join(elsewhere, 'audit.log'), path);
  await writer.lines(10);
  await scene.shipped();
  expect((await manifestsOf(url, scene.namespace)).flatMap(({ gaps }) => gaps)).toEqual([]);

  // Another file, with lines in the first one that were not read yet.
  await writer.lines(10);
  await symlink(join(elsewhere, 'other.log'), `${path}.new`);
  await rename(`${path}.new`, path);
  await writer.lines(10);
  await scene.shipped();
  expect(await agent.stop()).toBe(0);

  await scene.start();
  await writer.lines(10);
  await scene.shipped();
  expect(await scene.agent?.stop()).toBe(0);
  expect(difference(writer.written, await collect(url, scene.namespace))).toEqual([]);
  // That the other file was the next one nobody can prove.
  const gaps = (await manifestsOf(url, scene.namespace)).flatMap((manifest) => manifest.gaps);
  expect(gaps.map(({ reason }) => reason)).toEqual(['unproven']);
});
