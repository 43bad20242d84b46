import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { refusedEvent, until, verify, writeConfig } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { rollover } from '../../kit/elasticsearch/index.ts';
import { losingProxy } from './losing-proxy.ts';
import { announcements, stored } from './stored.ts';

const url = inject('elasticsearchUrl');

/** The requests of a batch with one event that is taken and one that is refused, in order. */
const requests = ['events', 'refusal note', 'refused form', 'record'] as const;

/**
 * One batch after another, of which one request each is done, its answer lost, and the stream rolled over before it is sent
 * again. Gives the kinds of what is there twice, what was not announced, and the verifier's exit code.
 */
async function loseEach(lookup: 'none' | 'allowed' | 'refused') {
  await using scene = await Scene.make({ url });
  let countdown = 0;
  let lost = 0;
  await using proxy = await losingProxy(url, {
    decide: () => {
      countdown -= 1;
      return countdown === 0 ? 'drop' : 'pass';
    },
    losing: async (stream) => {
      lost += 1;
      await rollover(url, stream);
    },
    lookupsRefused: lookup === 'refused',
  });
  const lookupApiKeyFile = join(scene.folder, 'lookup-key');
  await writeFile(lookupApiKeyFile, 'a-key-that-may-read\n');
  await writeConfig(scene.folder, {
    elasticsearchUrl: proxy.url,
    namespace: scene.namespace,
    more: { heartbeatSeconds: 3600 },
    ...(lookup !== 'none' && { elasticsearch: { lookupApiKeyFile } }),
  });
  const agent = await scene.start();
  const shipped = async (batches: number) => {
    const name = 'auditseal_shipped_batches_total{source="kube-apiserver"}';
    const isShipped = async () => ((await agent.metrics()).get(name) ?? 0) >= batches;
    await until(isShipped, () => `batch ${batches} was not shipped: ${agent.tail()}`);
  };
  await shipped(1);
  for (const [i, name] of requests.entries()) {
    countdown = i + 1;
    const pair = [`no event at all: ${name}`, refusedEvent(name)].map((line) => `${line}\n`).join('');
    await scene.writer.log.write(pair);
    await shipped(i + 2);
  }
  expect(lost).toBe(requests.length);
  expect(await agent.stop()).toBe(0);
  // The stop's batch may have been sealed before the last copies were durably known: the next manifest has them.
  expect(await (await scene.start()).stop()).toBe(0);
  const { events, records, lines } = await stored(url, scene.namespace);
  expect(lines).toHaveLength(2 * requests.length);
  const isAnnounced = await announcements(url, scene.namespace);
  const { exitCode } = await verify(url, scene.namespace);
  return {
    twice: [...events, ...records].map(({ id, identical }) => `${kindOf(id)}${identical ? '' : ', changed'}`),
    unannounced: [...events, ...records].filter(({ place }) => place && !isAnnounced(place)),
    exitCode,
    warned: agent.said(/sent again unseen/u).length > 0,
  };
}

function kindOf(id: string): string {
  const kind = /^[0-9a-f]{16}-([brs]?)/u.exec(id)?.[1];
  return kind === 'b' ? 'record' : kind === 'r' ? 'note' : 'event';
}

const everyKind = ['event', 'event', 'note', 'record'];

test.concurrent(
  'an event, a refusal note, a refused form and a record that landed in two backing indices are announced, identical, and verify',
  async () => {
    const expected = { twice: everyKind, unannounced: [], exitCode: 0, warned: false };
    expect(await loseEach('none')).toEqual(expected);
  },
);

test.concurrent('with a key that may read, none of them is sent to the second backing index', async () => {
  expect(await loseEach('allowed')).toEqual({ twice: [], unannounced: [], exitCode: 0, warned: false });
});

test.concurrent('with one that is refused, all goes on as without, and the log says so', async () => {
  const expected = { twice: everyKind, unannounced: [], exitCode: 0, warned: true };
  expect(await loseEach('refused')).toEqual(expected);
});
