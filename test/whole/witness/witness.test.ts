import { expect, inject, test } from 'vitest';
import { until } from '../../kit/agent/index.ts';
import { defineCheckpoint } from '../../../agent/cli/checkpoint/index.ts';
import { defineVerify } from '../../../agent/cli/verify/index.ts';
import { captured } from '../../kit/captured-terminal.ts';
import { Scene } from '../../kit/scene.ts';
import { scrape } from '../../kit/scrape.ts';
import { hasOpenssl, Tsa } from '../../kit/tsa.ts';
import { Cosigner, WitnessServer } from '../../kit/witness.ts';

const url = inject('elasticsearchUrl');

const line = (n: number) =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `id-${n}`,
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/prod/secrets/db-${n}`,
    verb: 'get',
    user: { username: 'alice' },
    stageTimestamp: '2026-11-23T01:06:00.000000Z',
  });

test('checkpoints are cosigned once they are shipped, over restarts and outages of a witness; and a copied state is a fork', async () => {
  const [one, two] = [new Cosigner('witness.example/one'), new Cosigner('witness.example/two', 'ml-dsa-44')];
  // The other key of the same server, and a kind that nobody knows, are passed over.
  await using first = await WitnessServer.start(one, new Cosigner('witness.example/other'));
  await using second = await WitnessServer.start(two);
  const witnesses = [
    { url: first.url, vkey: one.vkey },
    { url: `${second.url}/`, vkey: two.vkey },
  ];
  await using tsa = hasOpenssl ? await Tsa.make() : undefined;
  const timeStamps = tsa && { url: await tsa.serve(), intervalSeconds: 1000 };
  const more = {
    ...(timeStamps && { timeStamps }),
    witnesses,
    quorum: 2,
    witnessSeconds: 1,
    heartbeatSeconds: 1,
    batchSeconds: 0.2,
  };
  await using scene = await Scene.make({ url, more });
  const connection = ['--url', url, '--namespace', scene.namespace];
  const verifiedAll = async () => await captured(defineVerify, connection);
  const verified = async (...options: string[]) => {
    const { out } = await captured(defineVerify, [
      ...connection,
      '--witness',
      one.vkey,
      '--witness',
      two.vkey,
      ...options,
    ]);
    return out.split('\n').filter((text) => text.startsWith('fixed: '));
  };

  let agent = await scene.start();
  await scene.writer.many([line(1), line(2)]);
  await scene.shipped();
  // Neither knows the log: nothing waits for that. Then the first is told of it.
  await until(
    () => first.asked.length > 0 && second.asked.length > 0,
    () => 'nobody was asked',
  );
  let [origin = '', vkey = ''] = await logOf(scene);
  // A record is found a refresh after it was shipped.
  await until(
    async () => ([origin = '', vkey = ''] = await logOf(scene)) && vkey !== '',
    () => 'no record is found',
  );
  first.keys.set(origin, vkey);
  await until(
    () => first.logs.has(origin),
    () => JSON.stringify(first.asked),
  );
  await until(
    async () => (await verified('--quorum', '1')).length === 1,
    () => 'no cosignature has arrived',
  );
  expect(await verified()).toEqual([]);

  // The second is away meanwhile; an answer of the first is lost, and the agent is killed.
  second.keys.set(origin, vkey);
  second.faults.push(...Array.from({ length: 2 }, () => () => ({ status: 500, body: 'away' })));
  await agent.kill();
  agent = await scene.start();
  await scene.writer.many([line(3)]);
  await scene.shipped();
  await until(
    async () => (await verified()).length === 1,
    () => JSON.stringify(second.asked.slice(-3)),
  );
  const [fixed] = await verified();
  expect(fixed).toContain(`fixed: ${origin} up to size `);
  expect(fixed).toContain(`by ${one.name}, ${two.name}, cosigned at 20`);
  expect(first.asked.some(({ status, body }) => status === 200 && !body.startsWith('old 0\n'))).toBe(true);
  expect(await valueOf(agent.port, 'auditseal_quorum_timestamp_seconds')).toBeGreaterThan(1.7e9);
  expect(await valueOf(agent.port, 'auditseal_witness_fork', one.name)).toBe(0);

  // Once, over a restart, too; unless that came before it was known.
  if (tsa) {
    expect((await verifiedAll()).out).toMatch(/^time-stamped: \S+ at size \d+, at 20/mu);
    expect([1, 2]).toContain(tsa.asked);
  }

  // Somebody else has signed more with this key than this node ever has.
  first.logs.set(origin, { size: 100_000, root: Buffer.alloc(32) });
  await until(
    async () => (await valueOf(agent.port, 'auditseal_witness_fork', one.name)) === 1,
    () => agent.tail(),
  );
  expect(agent.tail()).toContain('has seen another history');
  expect(await scene.finish()).toEqual([]);
});

async function valueOf(port: number, name: string, witness?: string): Promise<number | undefined> {
  const { samples } = await scrape(port);
  return samples.find((sample) => sample.name === name && sample.labels['witness'] === witness)?.value;
}

/** The log's origin and vkey, as whoever runs a witness is told them. */
async function logOf({ namespace }: Scene): Promise<string[]> {
  const connection = ['--url', url, '--namespace', namespace];
  const [origin = ''] = (await captured(defineCheckpoint, connection)).out.split('\n');
  const { out } = await captured(defineVerify, [...connection, '--json']);
  const summary = JSON.parse(out.trim().split('\n').at(-1)!) as { logs?: { origin: string; vkey: string }[] };
  return [origin, summary.logs?.find((log) => log.origin === origin)?.vkey ?? ''];
}
