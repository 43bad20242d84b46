import { expect, inject, test } from 'vitest';
import { manifestsOf } from '../../kit/agent/index.ts';
import type { AgentProcess } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';

const url = inject('elasticsearchUrl');

/** A new pod beside the old one, as the kubelet does it: started again until the state folder is free. */
async function replace(scene: Scene, old: AgentProcess): Promise<{ agent: AgentProcess; refused: number }> {
  let refused = 0;
  const first = await scene.start();
  if (first.state === 'exited') refused += 1;
  const stopped = old.stop();
  for (;;) {
    const agent = await scene.start();
    if (agent.state === 'ready') {
      expect(await stopped).toBe(0);
      return { agent, refused };
    }
    expect(await agent.exited).toEqual({ code: 2, signal: null });
    refused += 1;
  }
}

test('three rolling updates with another configuration each, while lines are written and files rotated, leave one unbroken log', async () => {
  await using scene = await Scene.make({ url });
  const { writer } = scene;
  const work = { done: false };
  const writing = (async () => {
    for (let round = 0; !work.done || round < 5; round += 1) {
      await writer.lines(5);
      if (round % 4 === 3) writer.rotate();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  let agent = await scene.start();
  let refused = 0;
  for (const heartbeatSeconds of [6, 7, 8]) {
    await scene.configure({ more: { heartbeatSeconds } });
    const result = await replace(scene, agent);
    agent = result.agent;
    refused += result.refused;
  }
  work.done = true;
  await writing;
  scene.agent = agent;
  expect(await scene.finish()).toEqual([]);

  // The new one really came while the old one was there.
  expect(refused).toBeGreaterThanOrEqual(3);
  const manifests = await manifestsOf(url, scene.namespace);
  expect(new Set(manifests.map(({ origin }) => origin)).size).toBe(1);
  expect(manifests.map(({ batch }) => batch)).toEqual(manifests.map((_manifest, n) => n));
  const kinds = manifests.flatMap(({ notices }) => notices.map(({ kind }) => kind));
  const count = (wanted: string) => kinds.filter((kind) => kind === wanted).length;
  expect({ start: count('start'), stop: count('stop'), config: count('config') }).toEqual({
    start: 4,
    stop: 4,
    config: 4,
  });
});
