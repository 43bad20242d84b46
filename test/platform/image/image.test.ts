import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import {
  countEvents,
  difference,
  collect,
  temporaryFolder,
  until,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { randomNamespace, refresh, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { buildImage } from './build-image.ts';
import { Unpacked } from './container.ts';
import type { Running } from './container.ts';

const url = inject('elasticsearchUrl');
const reference = `localhost/auditseal:${manifest.version}`;
let image: Unpacked;

beforeAll(async () => {
  image = await Unpacked.open(await buildImage({ reference }), reference);
}, 900_000);
afterAll(() => image[Symbol.asyncDispose]());

test('it has node, the commands and the files that they read; no shell, no package, no test, nothing else that runs', async () => {
  const all = await image.files();
  const runnable = all.filter(({ path, mode }) => (mode & 0o111) !== 0 && !/\.so(?:\.[\d.]+)?$/u.test(path));
  expect(runnable.map(({ path }) => path).toSorted()).toEqual([
    'nodejs/bin/node',
    'opt/auditseal/auditseal.js',
    'usr/local/bin/auditseal',
  ]);
  expect(all.filter(({ path }) => /node_modules|\.ts$|(?:^|\/)test\//u.test(path))).toEqual([]);
  const own = all.filter(({ path }) => path.startsWith('opt/auditseal/'));
  expect(own.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      'opt/auditseal/auditseal.cdx.json',
      'opt/auditseal/THIRD-PARTY-LICENSES.txt',
      'opt/auditseal/LICENSE',
      'opt/auditseal/default-policy.yaml',
      'opt/auditseal/worker.js',
    ]),
  );
  // docs/release.md says what the image adds to its base.
  expect(own.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(5_000_000);
});

test('its labels, user and entrypoint are what the chart and the docs say', async () => {
  const { User, Labels, Entrypoint, Cmd, Volumes, Env } = image.config;
  // The base's would be said to have no effect at each start.
  expect(Env).toContain('SSL_CERT_FILE=');
  expect(User).toBe('65532:65532');
  expect(Entrypoint).toEqual(['/nodejs/bin/node', '/opt/auditseal/auditseal.js']);
  expect(Cmd).toEqual(['run', '--config', '/etc/auditseal/auditseal.yaml']);
  expect(Object.keys(Volumes)).toEqual(['/var/lib/auditseal']);
  expect(Labels).toMatchObject({
    'org.opencontainers.image.title': 'auditseal',
    'org.opencontainers.image.description': manifest.description,
    'org.opencontainers.image.licenses': manifest.license,
    'org.opencontainers.image.version': manifest.version,
    'org.opencontainers.image.revision': 'test',
    'org.opencontainers.image.source': 'test',
    'auditseal.sbom': '/opt/auditseal/auditseal.cdx.json',
  });
});

test('as its own user it says its version, by the name that kubectl exec uses, too', async () => {
  const said = `auditseal ${manifest.version} (Node ${process.versions.node})\n`;
  expect(await image.run(['version'], 65532)).toEqual({ code: 0, out: said, error: '' });
  expect((await image.run(['version'], 65532, [], ['/usr/local/bin/auditseal'])).out).toBe(said);
});

test('as root without capabilities and with a read-only root it reads a log that is root’s alone, ships it, and its log verifies', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  await writer.lines(500);
  const log = join(place.path, 'logs', 'audit.log');
  await chown(log, 0, 0);
  await chmod(log, 0o600);
  await mkdir(join(place.path, 'state'), { mode: 0o700 });
  // The same paths inside and outside, so that one configuration serves.
  const config = await writeConfig(place.path, { elasticsearchUrl: url, namespace });
  const mounts = [
    { source: place.path, destination: place.path },
    { source: join(place.path, 'state'), destination: join(place.path, 'state'), writable: true },
  ];
  const read = [
    '/nodejs/bin/node',
    '-e',
    `fs.readFileSync(${JSON.stringify(log)}); fs.writeFileSync('/opt/x', '')`,
  ];
  expect((await image.run([], 65532, mounts, read)).error).toContain('EACCES');
  expect((await image.run([], 0, mounts, read)).error).toContain('EROFS');
  const status = ['/nodejs/bin/node', '-p', `fs.readFileSync('/proc/self/status', 'utf8')`];
  const { out } = await image.run([], 0, mounts, status);
  expect(out).toMatch(/^CapEff:\t0{16}$/mu);
  expect(out).toMatch(/^CapBnd:\t0{16}$/mu);
  expect(out).toMatch(/^NoNewPrivs:\t1$/mu);
  expect(await image.run(['validate', '--config', config], 0, mounts)).toMatchObject({ code: 0 });

  const agent = await image.start(['run', '--config', config], 0, mounts);
  await shipped(agent, namespace, 500);
  await writer.lines(100);
  await shipped(agent, namespace, 600);
  expect(await image.run(['status', '--config', config], 0, mounts)).toMatchObject({ code: 0 });
  expect(await agent.stop()).toMatchObject({ code: 0, error: '' });

  for (const stream of [recordStream(namespace), eventStream(namespace)]) await refresh(url, stream);
  const verified = await image.run(['verify', '--url', url, '--namespace', namespace], 65532);
  expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('verdict: verified') as string });
  expect(difference(writer.written, await collect(url, namespace))).toEqual([]);
  await removeNamespace(url, namespace);
});

async function shipped(agent: Running, namespace: string, count: number): Promise<void> {
  await until(
    async () => (await countEvents(url, namespace)) === count,
    () => `${agent.out.slice(-2000)}${agent.error}`,
  );
}
