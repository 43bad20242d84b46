import { expect, inject, test } from 'vitest';
import { randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';
import {
  collect,
  countEvents,
  difference,
  startAgent,
  temporaryFolder,
  until,
  verifyBeside,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';

const url = inject('elasticsearchUrl');

test('verify in a loop beside a shipping agent never finds anything, over rotations, heartbeats and a restart', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const config = await writeConfig(place.path, {
    elasticsearchUrl: url,
    namespace,
    more: { heartbeatSeconds: 4 },
  });
  const verdicts: string[] = [];
  const verifyOnce = async () => {
    const { exitCode, lines, errorText } = await verifyBeside(url, namespace);
    verdicts.push(exitCode === 0 ? 'verified' : [exitCode, ...lines, errorText].join('\n'));
  };

  for (let life = 0; life < 2; life += 1) {
    await using agent = await startAgent({ config });
    await writer.lines(20);
    // Before the first record there is nothing to check.
    await until(
      async () => (await verifyBeside(url, namespace)).exitCode !== 2,
      () => agent.tail(),
    );
    const work = { done: false };
    const writing = (async () => {
      while (!work.done) {
        await writer.lines(60);
        writer.rotate();
        const all = async () => (await countEvents(url, namespace)) === writer.count;
        await until(all, () => agent.tail());
      }
    })();
    for (let round = 0; round < 2; round += 1) await verifyOnce();
    work.done = true;
    await writing;
    expect(await agent.stop()).toBe(0);
    await verifyOnce();
  }
  expect(new Set(verdicts)).toEqual(new Set(['verified']));
  expect(verdicts.length).toBe(6);
  expect(difference(writer.written, await collect(url, namespace))).toEqual([]);
  await removeNamespace(url, namespace);
});
