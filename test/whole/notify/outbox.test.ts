import { expect, test } from 'vitest';
import { startAgent, temporaryFolder, until, writeConfig, Writer } from '../../kit/agent/index.ts';
import { Random } from '../../kit/random.ts';
import { startReceiver } from '../../kit/receiver.ts';

/** A person's exec into a pod, of kube-system, which a rule of severity high finds. Each user is an alert of his own. */
function exec(number: number): string {
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `audit-${number}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/kube-system/pods/web-0/exec?command=sh&stdin=true&tty=true',
    verb: 'create',
    user: { username: `mallory-${number}`, groups: ['system:authenticated'] },
    sourceIPs: ['192.0.2.7'],
    userAgent: 'kubectl/v1.35.4',
    objectRef: {
      resource: 'pods',
      subresource: 'exec',
      namespace: 'kube-system',
      name: 'web-0',
      apiVersion: 'v1',
    },
    responseStatus: { metadata: {}, code: 101 },
    stageTimestamp: '2026-11-23T01:06:03.433599Z',
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  });
}

/** Nobody listens there, and only what is urgent is sealed. */
const alone = { elasticsearchUrl: 'http://127.0.0.1:9', namespace: 'nowhere' };
const onlyUrgent = { batchSeconds: 3600 };
const sealedBatches = 'auditseal_sealed_batches_total{source="kube-apiserver"}';

test('with Elasticsearch away, and the agent killed wherever it was, every match is told, under one key', async () => {
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  const random = new Random(16);
  let isTaken = false;
  // What is answered with an error may have been taken: it is told again.
  await using receiver = await startReceiver(place.path, () =>
    isTaken && random.next() < 0.9 ? { status: 204 } : { status: 503, headers: { 'retry-after': '0' } },
  );
  const { notifications } = receiver;
  const config = await writeConfig(place.path, { ...alone, more: { notifications, ...onlyUrgent } });
  const samples = () =>
    receiver.alerts().flatMap(({ key, samples: all }) => all.map((one) => ({ key, ...one })));
  const users = () => new Set(samples().map(({ user }) => user));
  let written = 0;
  const write = async (count: number) => {
    for (let n = 0; n < count; n += 1) await writer.line(exec(written++));
  };
  // Killed with a batch that is not durable, with one that is and was told to nobody, and in the middle of telling.
  for (const failpoint of [{ name: 'compressed', hit: 2 }, { name: 'durable', hit: 2 }, undefined]) {
    isTaken = failpoint === undefined;
    await using agent = await startAgent({ config, ...(failpoint && { failpoint }) });
    // Of a process the first batch is sealed at once: the failpoint is that of the next.
    await until(
      async () => ((await agent.metrics()).get(sealedBatches) ?? 0) > 0,
      () => agent.tail(),
    );
    await write(8);
    if (failpoint) await agent.stopped;
    else
      await until(
        () => users().size > 5,
        () => agent.tail(),
      );
    await agent.kill();
  }
  await using agent = await startAgent({ config });
  await write(8);
  await until(
    async () =>
      users().size === written &&
      (await agent.metrics()).get('auditseal_notifications_waiting{endpoint="security"}') === 0,
    () => `${[...users()].join(' ')}\n${agent.tail()}`,
  );
  // A match that is told again is the same to its receiver.
  const told = Map.groupBy(samples(), ({ eventId }) => eventId);
  expect(told.size).toBe(written);
  for (const alike of told.values())
    expect(new Set(alike.map(({ key, auditId }) => `${key} ${auditId}`)).size).toBe(1);
});

test('a flood of matches is one batch a commit, and one alert a batch and group', async () => {
  await using place = await temporaryFolder();
  const writer = await Writer.make(place.path);
  await using receiver = await startReceiver(place.path);
  const { notifications } = receiver;
  const more = { notifications, ...onlyUrgent, commitsPerSecondMax: 4 };
  const config = await writeConfig(place.path, { ...alone, more });
  await using agent = await startAgent({ config });
  const of = async (name: string) => (await agent.metrics()).get(name) ?? 0;
  const batches = async () => await of(sealedBatches);
  const commits = async () => await of('auditseal_commits_total');
  const found = async () =>
    await of('auditseal_rule_matches_total{source="kube-apiserver",rule="exec-into-kube-system"}');
  // Of a process the first batch is sealed at once.
  await until(
    async () => (await batches()) > 0,
    () => agent.tail(),
  );
  const [batchesBefore, commitsBefore] = [await batches(), await commits()];
  const total = 2000;
  for (let n = 0; n < total; n += 50) {
    await writer.many(Array.from({ length: 50 }, () => exec(1)));
    await until(
      async () => (await found()) >= n,
      () => agent.tail(),
      { everyMilliseconds: 10 },
    );
  }
  const counts = () => receiver.alerts().map(({ count }) => count);
  await until(
    () => counts().reduce((sum, count) => sum + count, 0) === total,
    () => agent.tail(),
  );
  const sealed = (await batches()) - batchesBefore;
  expect(sealed).toBeGreaterThan(0);
  expect(sealed).toBeLessThanOrEqual((await commits()) - commitsBefore);
  expect(counts().length).toBeLessThanOrEqual(sealed);
});
