import { expect, inject, test } from 'vitest';
import { eventStream } from '../../../agent/streams/index.ts';
import { lineOf } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { allDocuments, refresh } from '../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');

/** The lines in the order of their indexes in the log. */
async function sealedOrder({ namespace }: Scene): Promise<string[]> {
  const stream = eventStream(namespace);
  await refresh(url, stream);
  const lines: string[] = [];
  for await (const { id, source } of allDocuments(url, stream))
    lines[Number(id.split('-')[1])] = lineOf(source).toString('latin1');
  return lines.filter(() => true);
}

test('an agent that was down across one, three and seven rotations, some compressed, seals everything in the order it was written', async () => {
  await using scene = await Scene.make({ url });
  const { writer } = scene;
  for (const rotations of [0, 1, 3, 7]) {
    await scene.agent?.kill();
    for (let n = 0; n < rotations; n += 1) {
      await writer.lines(6);
      const backup = writer.rotate();
      if (n % 3 === 1) await writer.log.compress(backup);
    }
    await writer.lines(6);
    await scene.start();
    await scene.shipped();
  }
  expect(await scene.finish()).toEqual([]);
  expect(await sealedOrder(scene)).toEqual([...writer.written.keys()]);
});
