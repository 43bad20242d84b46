import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, inject, test } from 'vitest';
import { Scene } from '../../kit/scene.ts';

test('an agent whose port is taken says so and ends with 2, and the next one begins where it left off', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await using scene = await Scene.make({ url: inject('elasticsearchUrl'), more: { http: { port } } });
  await scene.writer.lines(5);
  const agent = await scene.start();
  expect(await agent.exited).toEqual({ code: 2, signal: null });
  expect(JSON.stringify(agent.logs.at(-1))).toContain(`cannot be served at 127.0.0.1:${port}`);
  taken.close();
  await once(taken, 'close');

  await scene.configure({});
  await scene.start();
  expect(await scene.finish()).toEqual([]);
});
