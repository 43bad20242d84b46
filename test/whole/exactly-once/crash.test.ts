import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import { refusedEvent, until, verify, writeConfig } from '../../kit/agent/index.ts';
import type { AgentProcess } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { rollover } from '../../kit/elasticsearch/index.ts';
import { losingProxy } from './losing-proxy.ts';
import { announcements, stored } from './stored.ts';
import type { Duplicate } from './stored.ts';

const url = inject('elasticsearchUrl');

interface SceneOptions {
  elasticsearchUrl?: string;
  lookup?: boolean;
  more?: Record<string, unknown>;
}

async function makeScene({ elasticsearchUrl = url, lookup, more }: SceneOptions): Promise<Scene> {
  const scene = await Scene.make({ url });
  const lookupApiKeyFile = join(scene.folder, 'lookup-key');
  await writeFile(lookupApiKeyFile, 'a-key-that-may-read\n');
  await writeConfig(scene.folder, {
    elasticsearchUrl,
    namespace: scene.namespace,
    more: { heartbeatSeconds: 3600, ...more },
    ...(lookup && { elasticsearch: { lookupApiKeyFile } }),
  });
  return scene;
}

/** The start's own batch and one with a line: from then on the backing indices of both streams have been seen. */
async function firstBatches(scene: Scene, agent: AgentProcess): Promise<void> {
  await shipped(agent, 'batches', 1);
  await scene.writer.lines(1);
  await shipped(agent, 'batches', 2);
}

async function shipped(agent: AgentProcess, what: 'batches' | 'events', count: number): Promise<void> {
  const name = `auditseal_shipped_${what}_total{source="kube-apiserver"}`;
  const isShipped = async () => ((await agent.metrics()).get(name) ?? 0) >= count;
  await until(isShipped, () => `${count} ${what} were not shipped: ${agent.tail()}`);
}

async function rollBoth({ namespace }: Scene): Promise<void> {
  for (const stream of [eventStream(namespace), recordStream(namespace)]) await rollover(url, stream);
}

/** Two clean starts later: what is there twice, and what of it was not announced. */
async function judge(scene: Scene, events: number) {
  for (let start = 0; start < 2; start += 1) {
    const agent = await scene.start();
    await shipped(agent, 'events', events);
    expect(await agent.stop()).toBe(0);
  }
  const { url: server, namespace } = scene;
  const found = await stored(server, namespace);
  expect(found.lines).toHaveLength(events);
  const twice = [...found.events, ...found.records];
  const isAnnounced = await announcements(server, namespace);
  return {
    twice: twice.map(described),
    unannounced: twice.filter(({ place }) => place && !isAnnounced(place)).map(described),
    exitCode: (await verify(server, namespace)).exitCode,
  };
}

function described({ id, identical }: Duplicate): string {
  const kind = /^[0-9a-f]{16}-([brs]?)/u.exec(id)?.[1];
  const name = kind === 'b' ? 'record' : kind === 'r' ? 'note' : kind === 's' ? 'marker' : 'event';
  return identical ? name : `${name}, changed`;
}

/** A batch is there whole when the agent is killed, and both streams have rolled over when the next one starts. */
async function killedBeforeAcknowledged(lookup: boolean) {
  await using scene = await makeScene({ lookup });
  const agent = await scene.start({ failpoint: { name: 'record shipped', hit: 3 } });
  await firstBatches(scene, agent);
  await scene.writer.log.write(`no event at all\n${refusedEvent('refused')}\n`);
  await agent.stopped;
  await agent.kill();
  await rollBoth(scene);
  return await judge(scene, 3);
}

test.concurrent(
  'a batch that a crash takes the acknowledgement of is sent again after a rollover, announced, and the same in every byte',
  async () => {
    expect(await killedBeforeAcknowledged(false)).toEqual({
      twice: ['event', 'event', 'note', 'record'],
      unannounced: [],
      exitCode: 0,
    });
  },
);

test.concurrent('with a key that may read it is found there, and not sent again', async () => {
  expect(await killedBeforeAcknowledged(true)).toEqual({ twice: [], unannounced: [], exitCode: 0 });
});

test.concurrent(
  'what a crashed process sent is still announced when the next one crashes half-way through sending it again',
  async () => {
    let swallow = 0;
    await using proxy = await losingProxy(url, {
      decide: () => ((swallow -= 1) >= 0 ? 'swallow' : 'pass'),
      losing: () => Promise.resolve(),
    });
    // One line a batch. The first of two is held up until the second is durable, so that no commit follows their sending.
    await using scene = await makeScene({ elasticsearchUrl: proxy.url, more: { batchEventsMax: 1 } });
    const first = await scene.start({ failpoint: { name: 'record shipped', hit: 4 } });
    await firstBatches(scene, first);
    swallow = 2;
    await scene.writer.burst(2);
    await first.stopped;
    await first.kill();
    await rollBoth(scene);
    const second = await scene.start({ failpoint: { name: 'acknowledged' } });
    await second.stopped;
    await second.kill();
    expect(await judge(scene, 3)).toEqual({
      twice: ['event', 'event', 'record', 'record'],
      unannounced: [],
      exitCode: 0,
    });
  },
);
