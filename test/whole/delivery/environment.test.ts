import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest';
import { main } from '../../kit/agent/programs.ts';
import { temporaryFolder, until } from '../../kit/agent/index.ts';
import { Authority } from '../../kit/certificates.ts';
import { connectProxy, tlsRelay } from '../../kit/relays.ts';
import type { Relay } from '../../kit/relays.ts';
import { standIn } from '../../kit/stand-in.ts';
import { Journey } from './journey.ts';

const url = inject('elasticsearchUrl');
const sentence = /([A-Z_]+) in the environment has no effect/gu;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let stranger: Authority;
let thief: Awaited<ReturnType<typeof connectProxy>>;
let set: Record<string, string>;
beforeAll(async () => {
  folder = await temporaryFolder();
  stranger = await Authority.make(folder.path, 'stranger');
  thief = await connectProxy();
  const proxy = `http://user:secret-of-the-proxy@127.0.0.1:${thief.port}`;
  set = {
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_EXTRA_CA_CERTS: stranger.file,
    NODE_USE_SYSTEM_CA: '1',
    SSL_CERT_FILE: stranger.file,
    SSL_CERT_DIR: folder.path,
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxy,
    HTTP_PROXY: proxy,
  };
});
afterAll(async () => {
  await thief[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
// What the processes of these tests are started with.
beforeEach(() => {
  for (const [name, value] of Object.entries(set)) vi.stubEnv(name, value);
  return () => vi.unstubAllEnvs();
});

async function relayOf(authority: Authority, target: string): Promise<Relay> {
  const identity = await authority.identity('server', 'IP:127.0.0.1');
  return await tlsRelay(target, () => identity);
}

test('whom an agent trusts, and the way that it takes, is not for its environment to say: each variable is named once', async () => {
  await using relay = await relayOf(stranger, url);
  await using journey = await Journey.begin(url, () => ({ urls: [`https://127.0.0.1:${relay.port}`] }));
  const { agent, writer } = journey;
  await writer.lines(5);
  await until(
    () => agent.logs.some(({ error }) => Reflect.get(Object(error), 'code') === 'untrusted'),
    () => `nothing was said of TLS: ${agent.tail()}`,
  );
  expect(await journey.count()).toBe(0);
  expect(thief.asked).toEqual([]);
  const said = agent
    .said(/^[A-Z_]+ in the environment has no effect/u)
    .map(({ message = '' }) => message.split(' ')[0]!);
  expect(said.toSorted()).toEqual(Object.keys(set).toSorted());
  expect(agent.said(/^HTTPS_PROXY .* elasticsearch\.proxy of the configuration/u)).toHaveLength(1);
  expect(JSON.stringify(agent.logs)).not.toContain('secret-of-the-proxy');
  expect(agent.errorText.join('\n'), 'nor does Node say that it has an effect').not.toContain('insecure');
});

test('with such an environment an agent that trusts the right CA works as ever', async () => {
  const right = await Authority.make(folder.path, 'right');
  await using relay = await relayOf(right, url);
  const settings = { urls: [`https://127.0.0.1:${relay.port}`], caFile: right.file };
  await using journey = await Journey.begin(url, () => settings);
  await journey.writer.lines(5);
  await journey.quiet();
  expect(thief.asked).toEqual([]);
  expect(await journey.end()).toEqual([]);
});

test.each([
  ['verify', []],
  ['who', []],
  ['setup', ['--dry-run']],
])('%s sends its key to nobody whom the environment alone trusts', async (command, more) => {
  await using server = await standIn({ body: '{}' });
  await using relay = await relayOf(stranger, server.url);
  const key = join(folder.path, 'key');
  await writeFile(key, 'id:secret-of-the-key');
  const options = ['--url', `https://127.0.0.1:${relay.port}`, '--api-key-file', key, ...more];
  const ran = await new Promise<{ code: unknown; error: string }>((resolve) => {
    const program = [main, command, ...options];
    execFile(process.execPath, program, { env: process.env }, (failure, _out, error) =>
      resolve({ code: failure?.code, error }),
    );
  });
  expect(ran).toMatchObject({
    code: 2,
    error: expect.stringContaining('no trusted TLS connection') as unknown,
  });
  expect([...ran.error.matchAll(sentence)].map(([, name]) => name!).toSorted()).toEqual(
    Object.keys(set).toSorted(),
  );
  expect(ran.error).not.toContain('secret-of');
  expect(server.requests).toEqual([]);
  expect(thief.asked).toEqual([]);
});
