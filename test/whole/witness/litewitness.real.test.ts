import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject } from 'vitest';
import { defineProof } from '../../../agent/cli/proof/index.ts';
import { defineVerify } from '../../../agent/cli/verify/index.ts';
import { until } from '../../kit/agent/index.ts';
import { captured } from '../../kit/captured-terminal.ts';
import { testReal } from '../../kit/real.ts';
import { Scene } from '../../kit/scene.ts';
import { Litewitness, torchwood } from '../../kit/torchwood.ts';

const url = inject('elasticsearchUrl');
const run = promisify(execFile);

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

testReal('a real litewitness cosigns batch after batch, and spicy checks a proof', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'litewitness-'));
  try {
    await using witness = await Litewitness.start(folder, 'witness.example');
    const more = {
      witnesses: [{ url: witness.url, vkey: witness.vkey }],
      witnessSeconds: 1,
      heartbeatSeconds: 1,
    };
    await using scene = await Scene.make({ url, more });
    const connection = ['--url', url, '--namespace', scene.namespace];
    const verified = async () =>
      (await captured(defineVerify, [...connection, '--witness', witness.vkey])).out;
    let agent = await scene.start();
    await scene.writer.many([line(1)]);
    await scene.shipped();
    const { out } = await captured(defineVerify, [...connection, '--json']);
    const { logs } = JSON.parse(out.trim().split('\n').at(-1)!) as {
      logs: { origin: string; vkey: string }[];
    };
    await witness.addLog(logs[0]!.origin, logs[0]!.vkey);
    await until(
      async () => (await verified()).includes('\nfixed: '),
      () => agent.tail(),
    );
    await agent.kill();
    agent = await scene.start();
    const sizeOf = async () => Number(/\nfixed: \S+ up to size (\d+)/u.exec(await verified())?.[1]);
    const before = await sizeOf();
    await until(
      async () => (await sizeOf()) > before + 2,
      () => agent.tail(),
    );
    expect(await scene.finish()).toEqual([]);

    // Another implementation's tool, on a proof of ours: it knows the form without its first line.
    const proof = join(folder, 'proof');
    expect(await captured(defineProof, [...connection, '--audit-id', 'id-1', '--out', proof])).toMatchObject({
      code: 0,
    });
    const event = join(proof, 'event.json');
    const text = await readFile(join(proof, 'event.tlog-proof'), 'utf8');
    await writeFile(`${event}.spicy`, text.slice(text.indexOf('\n') + 1));
    const vkey = (await readFile(join(proof, 'keys.txt'), 'utf8')).trim();
    const spicy = await torchwood('spicy');
    expect((await run(spicy, ['-verify', vkey, event])).stderr).toContain('verified');
    await writeFile(event, (await readFile(event, 'utf8')).replace('alice', 'mallo'));
    await expect(run(spicy, ['-verify', vkey, event])).rejects.toThrow('could not verify inclusion');
  } finally {
    await rm(folder, { recursive: true });
  }
});
