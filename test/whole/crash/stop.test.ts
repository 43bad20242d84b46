import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, inject, test } from 'vitest';
import { manifestsOf, until } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';

const url = inject('elasticsearchUrl');
const readLines = 'auditseal_read_lines_total{source="kube-apiserver"}';
/** Only by count, and a rest that nothing but the stop would seal. */
const byCount = { batchEventsMax: 50, batchSeconds: 3600, heartbeatSeconds: 3600 };

/** An address at which nobody listens. */
async function nowhere(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** Writes 175 lines at once and starts an agent: it has read them all once it sealed three batches of 50. */
async function withRest(scene: Scene) {
  await scene.writer.burst(175);
  const agent = await scene.start();
  await until(
    async () => (await agent.metrics()).get(readLines) === 150,
    () => `three batches were not sealed: ${agent.tail()}`,
  );
  return agent;
}

async function kindsOfNotices(scene: Scene): Promise<string[][]> {
  const manifests = await manifestsOf(scene.url, scene.namespace);
  return manifests.map(({ notices }) => notices.map(({ kind }) => kind));
}

test.concurrent(
  'SIGTERM seals what was read, ships it with a notice of the stop, and ends with 0',
  async () => {
    await using scene = await Scene.make({ url, more: byCount });
    const agent = await withRest(scene);
    expect(await agent.stop()).toBe(0);
    expect(await scene.problems()).toEqual([]);
    const kinds = await kindsOfNotices(scene);
    expect(kinds[0]).toEqual(['start', 'epoch', 'policy', 'config', 'detect']);
    expect(kinds.at(-1)).toContain('stop');
    expect(kinds.flat().filter((kind) => kind === 'stop')).toHaveLength(1);
  },
);

test.concurrent(
  'with Elasticsearch away SIGTERM ends with 0 within shutdownSeconds, and the next start ships the rest',
  async () => {
    await using scene = await Scene.make({ url });
    await scene.configure({ url: await nowhere(), more: { ...byCount, shutdownSeconds: 2 } });
    const agent = await withRest(scene);
    const before = performance.now();
    // Two seconds, and what a busy machine takes to end a process: far less than without the limit.
    expect(await agent.stop(60_000)).toBe(0);
    expect(performance.now() - before).toBeGreaterThan(1900);

    await scene.configure({});
    await scene.start();
    await scene.writer.lines(5);
    expect(await scene.finish()).toEqual([]);
    const stops = (await kindsOfNotices(scene)).flat().filter((kind) => kind === 'stop');
    expect(stops).toHaveLength(2);
  },
);
