import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { distribution } from './jars.ts';
import { findJdk } from './jdk.ts';
import { dockerAnswers, startContainer } from './docker.ts';
import { ElasticsearchStartError, resolveElasticsearch, startElasticsearch } from './index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function send(url: string, method: string, path: string, body?: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  return response.json();
}

test('a node beside another, started again on its folder and port, after a stop and after a kill, still has its documents', async () => {
  const homeDir = join(folder, 'home');
  const first = await startElasticsearch({ homeDir, heapMegabytes: 512 });
  expect((await fetch(`${inject('elasticsearchUrl')}/_cluster/health`)).status).toBe(200);
  await send(first.url, 'PUT', '/things/_create/1', '{"a":1}');
  await first.stop();
  await expect(fetch(first.url)).rejects.toThrow('fetch failed');

  const port = Number(new URL(first.url).port);
  const second = await startElasticsearch({ homeDir, port, heapMegabytes: 512 });
  expect(second.url).toBe(first.url);
  expect(await send(second.url, 'GET', '/things/_doc/1')).toMatchObject({ found: true, _source: { a: 1 } });
  await send(second.url, 'PUT', '/things/_create/2', '{"a":2}');
  await second.kill();

  const third = await startElasticsearch({ homeDir, port, heapMegabytes: 512 });
  expect(await send(third.url, 'GET', '/things/_doc/2')).toMatchObject({ found: true, _source: { a: 2 } });
  await third.stop();
});

test('a node ends and removes its temporary folder when the process that started it is killed', async () => {
  const script = `
    import { startElasticsearch } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
    const { url, pid } = await startElasticsearch({ heapMegabytes: 512 });
    console.log(JSON.stringify({ url, pid }));
  `;
  const environment = { ...process.env, TMPDIR: folder };
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line]: unknown[] = await once(parent.stdout, 'data');
  const { url, pid } = z.object({ url: z.string(), pid: z.int() }).parse(JSON.parse(String(line)));
  expect((await fetch(`${url}/_cluster/health`)).status).toBe(200);
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  expect((await readdir(folder)).filter((name) => name.startsWith('auditseal-elasticsearch-'))).toEqual([]);
});

test('a port that is taken is an error that says so', async () => {
  const port = Number(new URL(inject('elasticsearchUrl')).port);
  await expect(startElasticsearch({ port })).rejects.toMatchObject({
    code: 'start-failed',
    message: expect.stringContaining('Address already in use') as unknown,
  });
});

test('an aborted start is an error that says so', async () => {
  await expect(startElasticsearch({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  });
});

test('ELASTICSEARCH_URL is used as it is, told its version, and never stopped', async () => {
  const url = inject('elasticsearchUrl');
  const given = await resolveElasticsearch({}, { ELASTICSEARCH_URL: `${url}/` });
  expect(given.url).toBe(url);
  expect(given.version).toMatch(/^[89]\.\d+\.\d+/);
  await given.stop();
  expect((await fetch(`${url}/_cluster/health`)).status).toBe(200);
});

test('an ELASTICSEARCH_URL that does not answer is an error that names it', async () => {
  await expect(resolveElasticsearch({}, { ELASTICSEARCH_URL: 'http://127.0.0.1:1' })).rejects.toThrow(
    /ELASTICSEARCH_URL http:\/\/127\.0\.0\.1:1 does not answer/,
  );
});

const missingJdk = () => Promise.reject(new ElasticsearchStartError('no-jdk', 'no JDK of 17 or newer'));

test('without a JDK the official image is taken, if a Docker daemon answers', async () => {
  const container = { url: 'http://127.0.0.1:9', version: '9.5.3', stop: () => Promise.resolve() };
  const lines: string[] = [];
  const found = await resolveElasticsearch(
    { log: (line) => lines.push(line) },
    {},
    {
      startElasticsearch: missingJdk,
      dockerAnswers: () => Promise.resolve(true),
      startContainer: () => Promise.resolve(container),
    },
  );
  expect(found).toBe(container);
  expect(lines).toEqual(['no embedded Elasticsearch: no JDK of 17 or newer']);
});

test('without any of the three, the error says what each would need', async () => {
  const nothing = {
    startElasticsearch: missingJdk,
    dockerAnswers: () => Promise.resolve(false),
    startContainer: () => Promise.reject(new Error('not called')),
  };
  await expect(resolveElasticsearch({}, {}, nothing)).rejects.toMatchObject({
    code: 'none-available',
    message: expect.stringMatching(
      /ELASTICSEARCH_URL.*\n.*JDK.*Maven.*no JDK of 17 or newer.*\n.*Docker/u,
    ) as unknown,
  });
});

test('a node that is there but does not start is not hidden by Docker', async () => {
  const broken = new ElasticsearchStartError('start-failed', 'broken');
  const parts = {
    startElasticsearch: () => Promise.reject(broken),
    dockerAnswers: () => Promise.resolve(true),
    startContainer: () => Promise.reject(new Error('not called')),
  };
  await expect(resolveElasticsearch({}, {}, parts)).rejects.toBe(broken);
});

test('a container is published on loopback alone, waited for, and removed', async () => {
  // There is no Docker daemon everywhere: a script answers as docker's documentation says, with the node of this run.
  const address = new URL(inject('elasticsearchUrl')).host;
  const script = `#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
case "$1" in run) echo c0ffee ;; port) echo ${address} ;; esac
`;
  const bin = await mkdtemp(join(folder, 'bin-'));
  await writeFile(join(bin, 'docker'), script, { mode: 0o755 });
  const path = process.env['PATH'];
  process.env['PATH'] = `${bin}:${path}`;
  try {
    expect(await dockerAnswers()).toBe(true);
    const container = await startContainer(() => undefined);
    expect(container.url).toBe(`http://${address}`);
    await container.stop();
  } finally {
    process.env['PATH'] = path;
  }
  const calls = (await readFile(join(bin, 'calls'), 'utf8')).trim().split('\n');
  expect(calls[1]).toMatch(/^run --detach --rm --publish=127\.0\.0\.1:0:9200 .*elasticsearch:9\.5\.3$/u);
  expect(calls.slice(2)).toEqual(['port c0ffee 9200/tcp', 'rm --force c0ffee']);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('jars are fetched once and whole, although two start fetching at the same time', async () => {
  const jdk = await findJdk(17, Infinity);
  if (!jdk) throw new Error('no JDK');
  const cacheDir = join(folder, 'cache');
  const lines: string[] = [];
  const settings = { version: '9.5.3', jdk, cacheDir, log: (line: string) => lines.push(line) };
  const [first, second] = await Promise.all([distribution(settings), distribution(settings)]);
  expect(second).toBe(first);
  expect(lines.filter((line) => line.startsWith('fetching the jars'))).toHaveLength(2);
  expect(await readdir(cacheDir)).toEqual(['elasticsearch-9.5.3']);
  expect(await readdir(join(first, 'modules', 'transport-netty4'))).toContain('plugin-descriptor.properties');
  expect(await readdir(join(first, 'lib'))).toContain('elasticsearch-9.5.3.jar');
  await distribution(settings);
  expect(lines.filter((line) => line.startsWith('fetching the jars'))).toHaveLength(2);
});
