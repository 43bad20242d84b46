import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import { manifestsOf, temporaryFolder } from '../../kit/agent/index.ts';
import { checkDurability } from './durability.ts';
import { Scene } from '../../kit/scene.ts';
import { parseTrace, underStrace, whyNoStrace } from './strace.ts';

const url = inject('elasticsearchUrl');
const root = join(import.meta.dirname, '../../..');
const skipped = await whyNoStrace();
if (skipped !== undefined)
  process.stderr.write(`not tested that batches are synced before they are sent: ${skipped}\n`);

/** Runs an agent under strace over some batches, and checks what it did. */
async function traced(tree: string): Promise<{ sent: number; batches: number; problems: string[] }> {
  await using scene = await Scene.make({ url, more: { heartbeatSeconds: 3600 } });
  const file = join(scene.folder, 'trace');
  const agent = await scene.start({ under: underStrace(file), tree });
  // Batches of six lines. Not as many lines as would come to one that is refused: its neighbours would be compressed anew.
  for (let batch = 0; batch < 6; batch += 1) {
    await scene.writer.lines(6);
    await scene.shipped();
  }
  expect(await agent.stop()).toBe(0);
  const { namespace } = scene;
  const paths = {
    required: `/${eventStream(namespace)}/_bulk`,
    optional: `/${recordStream(namespace)}/_bulk`,
  };
  const result = checkDurability(parseTrace(await readFile(file, 'latin1')), paths);
  return { ...result, batches: (await manifestsOf(url, namespace)).length };
}

test.skipIf(skipped !== undefined)(
  'a batch is synced to the disk before the first byte of it is sent',
  async () => {
    const { sent, batches, problems } = await traced(root);
    expect(problems).toEqual([]);
    expect(batches).toBeGreaterThan(6);
    // Each batch's record, and the events of six or more.
    expect(sent).toBeGreaterThanOrEqual(batches + 6);
  },
);

test.skipIf(skipped !== undefined).concurrent('without synchronous = FULL that check fails', async () => {
  await using tree = await temporaryFolder();
  await cp(join(root, 'agent'), join(tree.path, 'agent'), { recursive: true });
  await mkdir(join(tree.path, 'test/kit/agent'), { recursive: true });
  await cp(join(root, 'test/kit/agent/child.ts'), join(tree.path, 'test/kit/agent/child.ts'));
  await cp(join(root, 'package.json'), join(tree.path, 'package.json'));
  await symlink(join(root, 'node_modules'), join(tree.path, 'node_modules'));
  const database = join(tree.path, 'agent/store/database.ts');
  const text = await readFile(database, 'utf8');
  expect(text).toContain('synchronous = FULL');
  await writeFile(database, text.replace('synchronous = FULL', 'synchronous = NORMAL'));

  const { sent, problems } = await traced(tree.path);
  expect(problems).toHaveLength(sent);
  expect(problems[0]).toMatch(/was sent before what it carries \(line \d+\) was synced/u);
});
