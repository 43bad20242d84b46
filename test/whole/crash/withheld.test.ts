import { expect, inject, test } from 'vitest';
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
import { addTo } from '../../kit/agent/collect.ts';
import type { Multiset } from '../../kit/agent/collect.ts';
import { randomNamespace, removeNamespace } from '../../kit/elasticsearch/index.ts';
import { Random } from '../../kit/random.ts';

const url = inject('elasticsearchUrl');

function line(n: number, stage: 'RequestReceived' | 'ResponseComplete'): string {
  return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"${n}","stage":"${stage}","requestURI":"/api/v1/pods?n=${n}","verb":"list","user":{"username":"alice"},"requestReceivedTimestamp":"2026-11-23T01:06:03.${String(n).padStart(6, '0')}Z","stageTimestamp":"2026-11-23T01:06:03.433599Z"}`;
}

test('each RequestReceived without a later stage is sealed exactly once, and no other, however often the agent is killed', async () => {
  const random = new Random(20_261_201);
  const namespace = randomNamespace();
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const waiting = (minutes: number) =>
    writeConfig(place.path, {
      elasticsearchUrl: url,
      namespace,
      more: { requestReceived: { withhold: true, minutes } },
    });
  const config = await waiting(1440);
  const lonely: string[] = [];
  const completed: string[] = [];
  let received = 0;
  for (let round = 0, n = 0; round < 8; round += 1) {
    const agent = await startAgent({ config });
    // Of some the later stage comes after the kill.
    const late: string[] = [];
    const lines: string[] = [];
    for (let i = random.integer(5, 30); i > 0; i -= 1, n += 1, received += 1) {
      lines.push(line(n, 'RequestReceived'));
      if (random.next() < 0.2) lonely.push(line(n, 'RequestReceived'));
      else {
        completed.push(line(n, 'ResponseComplete'));
        (random.next() < 0.3 ? late : lines).push(line(n, 'ResponseComplete'));
      }
    }
    await writer.many(lines);
    if (random.next() < 0.5)
      await until(
        async () => (await countEvents(url, namespace)) >= completed.length - late.length,
        () => agent.tail(),
      );
    await agent.kill();
    await writer.many(late);
  }
  const all = await startAgent({ config });
  await until(
    async () => (await countEvents(url, namespace)) === completed.length,
    () => all.tail(),
  );
  expect(await all.stop()).toBe(0);
  await waiting(0.01);
  const last = await startAgent({ config });
  await until(
    async () => (await countEvents(url, namespace)) === completed.length + lonely.length,
    () => last.tail(),
  );
  expect(await last.stop()).toBe(0);

  const expected: Multiset = new Map();
  for (const one of [...completed, ...lonely]) addTo(expected, one);
  expect(difference(expected, await collect(url, namespace))).toEqual([]);
  const manifests = await manifestsOf(url, namespace);
  const sum = (of: (manifest: (typeof manifests)[number]) => number) =>
    manifests.reduce((total, manifest) => total + of(manifest), 0);
  expect(lonely.length).toBeGreaterThan(5);
  expect(sum(({ dropped }) => dropped['request-received'] ?? 0)).toBe(received);
  expect(sum(({ pieces }) => pieces)).toBe(lonely.length);
  expect(await verify(url, namespace)).toMatchObject({ exitCode: 0 });
  await removeNamespace(url, namespace);
});
