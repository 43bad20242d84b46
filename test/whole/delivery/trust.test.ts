import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { temporaryFolder, until } from '../../kit/agent/index.ts';
import { Authority } from '../../kit/certificates.ts';
import { Journey } from './journey.ts';
import { tlsRelay } from '../../kit/relays.ts';

const url = inject('elasticsearchUrl');

test('an agent that trusts the wrong CA keeps its batches and says so; with the right one, and a node whose name does not resolve, all arrives', async () => {
  await using place = await temporaryFolder();
  const [right, wrong] = [
    await Authority.make(place.path, 'right'),
    await Authority.make(place.path, 'wrong'),
  ];
  const identity = await right.identity('server', 'IP:127.0.0.1');
  await using relay = await tlsRelay(url, () => identity);
  const caFile = join(place.path, 'ca.pem');
  await copyFile(wrong.file, caFile);
  const urls = ['https://auditseal.invalid:9200', `https://127.0.0.1:${relay.port}`];
  await using journey = await Journey.begin(url, () => ({ urls, caFile }));
  const { agent, writer } = journey;
  await writer.lines(5);
  await until(
    () => agent.logs.some(({ error }) => Reflect.get(Object(error), 'code') === 'untrusted'),
    () => `nothing was said of TLS: ${agent.tail()}`,
  );
  expect(await journey.count()).toBe(0);
  expect(await agent.probe('healthz')).toBe(200);
  await copyFile(right.file, caFile);
  await writer.lines(5);
  expect(await journey.end()).toEqual([]);
});
