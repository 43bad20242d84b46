import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { recordStream } from '../../../agent/streams/index.ts';
import { verify, writeConfig } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { rollover } from '../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');

async function life(scene: Scene, expected: number): Promise<void> {
  await scene.writer.lines(10);
  const agent = await scene.start();
  await scene.shipped(expected);
  expect(await agent.stop()).toBe(0);
}

test('with a key that may read, a state that was rolled back is noticed even after the record stream has rolled over', async () => {
  await using scene = await Scene.make({ url });
  const lookupApiKeyFile = join(scene.folder, 'lookup-key');
  await writeFile(lookupApiKeyFile, 'a-key-that-may-read\n');
  await writeConfig(scene.folder, {
    elasticsearchUrl: url,
    namespace: scene.namespace,
    elasticsearch: { lookupApiKeyFile },
  });
  const state = join(scene.folder, 'state');
  const snapshot = join(scene.folder, 'snapshot');
  await life(scene, 10);
  await cp(state, snapshot, { recursive: true });
  await life(scene, 20);
  await rollover(url, recordStream(scene.namespace));
  await rm(state, { recursive: true });
  await cp(snapshot, state, { recursive: true });
  // The ten lines of the other life are read again: this one cannot know of them.
  await life(scene, 40);
  expect(scene.agent?.said(/^the state folder is older/u)).toHaveLength(1);
  const { exitCode, lines } = await verify(url, scene.namespace, ['--json']);
  const findings = lines.flatMap((line) => (JSON.parse(line) as { finding?: string }).finding ?? []);
  expect({ exitCode, findings }).toEqual({ exitCode: 3, findings: ['unlinked epoch'] });
});
