import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { eventStream } from '../../../agent/streams/index.ts';
import {
  collect,
  countEvents,
  difference,
  manifestsOf,
  startAgent,
  temporaryFolder,
  until,
  verify,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { SlowElasticsearch } from '../../kit/slow-elasticsearch.ts';
import { fetchAgain } from '../../kit/fetch-again.ts';

const url = inject('elasticsearchUrl');
const mebibyte = 1024 * 1024;

/** A line that compression cannot make much smaller. */
const noise = (name: string) => `${name} ${randomBytes(3000).toString('base64')}`;

/** How many documents of a source Elasticsearch has. */
async function arrived(namespace: string, source: string): Promise<number> {
  await fetchAgain(`${url}/${eventStream(namespace)}/_refresh`, { method: 'POST' });
  const query = { query: { prefix: { 'auditseal.origin': `test/node-1/${source}/` } } };
  const response = await fetchAgain(`${url}/${eventStream(namespace)}/_count`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(query),
  });
  return ((await response.json()) as { count?: number }).count ?? 0;
}

test('one source that floods a slow Elasticsearch fills its own share of the spool; the others, one of them late, are not held up', async () => {
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  await using elasticsearch = await SlowElasticsearch.start(url, 0);
  const names = ['kube-apiserver', 'openshift-apiserver', 'k3s'] as const;
  const writers = {
    'kube-apiserver': await Writer.make(place.path, 'kube-apiserver'),
    'openshift-apiserver': await Writer.make(place.path, 'openshift-apiserver'),
    k3s: await Writer.make(place.path, 'not yet'),
  };
  const [flood, calm, late] = names.map((name) => writers[name]) as [Writer, Writer, Writer];
  const config = await writeConfig(place.path, {
    elasticsearchUrl: elasticsearch.url,
    namespace,
    sources: names.map((name) => ({ name, path: join(place.path, name, 'audit.log') })),
    elasticsearch: { requestSeconds: 600 },
    more: { batchBytesMax: 256 * 1024, spoolBytesMax: 3 * mebibyte, heartbeatSeconds: 3600 },
  });
  await using agent = await startAgent({ config, sources: 3 });
  await until(
    async () => {
      const metrics = await agent.metrics();
      return names.every((name) => metrics.get(`auditseal_shipped_batches_total{source="${name}"}`) === 1);
    },
    () => `the starts were not shipped: ${agent.tail()}`,
  );
  // From here on, what the flood sends is not answered, and nobody else sends anything.
  elasticsearch.delayMilliseconds = 3_600_000;
  for (let n = 0; n < 1000; n += 1) await flood.line(noise(String(n)));
  const paused = async (name: string) =>
    (await agent.metrics()).get(`auditseal_paused{source="${name}",reason="spool"}`) ?? 0;
  await until(
    async () => (await paused('kube-apiserver')) === 1,
    () => agent.tail(),
  );
  // The flood's share is full.
  const spooled = (await agent.metrics()).get('auditseal_spool_bytes{source="kube-apiserver"}') ?? 0;
  expect(spooled).toBeGreaterThanOrEqual(mebibyte);
  // A chunk that was read is finished: 1 MiB of lines, which here make 2 MiB of compressed documents.
  expect(spooled).toBeLessThan(3.5 * mebibyte);
  expect([await paused('openshift-apiserver'), await paused('k3s')]).toEqual([0, 0]);

  // What comes from here on is answered, while what the flood has sent still waits.
  elasticsearch.delayMilliseconds = 0;
  for (let n = 0; n < 10; n += 1) {
    await calm.line(noise(`calm ${n}`));
    await late.line(noise(`late ${n}`));
  }
  await rename(join(place.path, 'not yet'), join(place.path, 'k3s'));
  await until(
    async () =>
      (await arrived(namespace, 'openshift-apiserver')) === 10 && (await arrived(namespace, 'k3s')) === 10,
    () => agent.tail(),
  );
  expect(await arrived(namespace, 'kube-apiserver')).toBeLessThan(flood.count);

  elasticsearch.release();
  const count = flood.count + 20;
  await until(
    async () => (await countEvents(url, namespace)) === count,
    () => agent.tail(),
  );
  expect(await agent.stop()).toBe(0);
  const written = new Map(Object.values(writers).flatMap((writer) => [...writer.written]));
  expect(difference(written, await collect(url, namespace))).toEqual([]);
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });

  const manifests = await manifestsOf(url, namespace);
  for (const name of names) {
    const own = manifests.filter(({ origin }) => origin.startsWith(`test/node-1/${name}/`));
    expect(own.map(({ batch }) => batch)).toEqual(own.map((_manifest, n) => n));
    const paths = new Set(own.flatMap(({ sources }) => sources.map(({ path }) => path)));
    expect([...paths]).toEqual([join(place.path, name, 'audit.log')]);
  }
  await removeNamespace(url, namespace);
});
