import { randomBytes } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { ElasticsearchStreams, verifyLogs } from '../../../../agent/verify/index.ts';
import type { StoredDocument } from '../../../../agent/verify/index.ts';
import { createClient } from '../../../../agent/elasticsearch/index.ts';
import { trustedOrigins } from '../../../../agent/trust/index.ts';
import { LogWriter } from '../../../kit/seal/log.ts';
import { Installation } from '../../../kit/installation.ts';

const originsMax = 10;

const minute = 60_000;

/** Under the `_id` of a start marker: no record, and so no finding. */
function marker(origin: string | string[]): StoredDocument {
  const members = { '@timestamp': '2025-11-01T00:00:00.000Z', auditseal: { origin } };
  const id = `${randomBytes(8).toString('hex')}-s1`;
  return { index: '', id, source: Buffer.from(JSON.stringify(members)) };
}

/** Two logs of one installation, and one who may create documents and has no key. */
async function twoLogs() {
  const installation = new Installation(inject('elasticsearchUrl'));
  const { namespace } = installation;
  const now = new Date();
  const at = new Date(now.getTime() - 5 * minute).toISOString();
  const one = new LogWriter({ namespace, at });
  const name = { cluster: 'prod', node: 'cp-2', source: 'kube-apiserver' };
  const two = new LogWriter({ namespace, at, name }, one.written);
  for (const writer of [one, two])
    for (let batch = 0; batch < 5; batch += 1)
      writer.batch({ after: 60, events: 3, ...(batch === 0 && { notices: [{ kind: 'start', at }] }) });
  await installation.write(one.written);
  const eventsOfTwo = one.written.events.filter(({ source }) => source.includes('cp-2'));
  const write = async (origins: (string | string[])[]) => {
    await installation.create('records', origins.map(marker));
  };
  return {
    write,
    /** What sorts before the second log, as long ago as its writer likes. */
    flood: async (origins: number) =>
      await write(Array.from({ length: origins }, (_, index) => `prod/cp-1z/${index}`)),
    removeEventsOfTwo: async () => {
      expect(eventsOfTwo.length).toBeGreaterThan(9);
      await installation.remove('events', ...eventsOfTwo.map(({ id }) => id));
    },
    verify: async (trusts: 'both' | 'neither', part: 'range' | 'whole' = 'range') => {
      const client = await createClient({ urls: [installation.url], requestSeconds: 60 });
      try {
        const time = { since: now.getTime() - 2.5 * minute, until: now.getTime() };
        const logs = [one, two].map((writer) => ({ ...writer.name, vkey: writer.vkey }));
        const trust = trusts === 'both' ? { v: 1 as const, logs, operators: [], erasers: [] } : undefined;
        await using streams = await ElasticsearchStreams.open(client, {
          namespace,
          ...(part === 'range' && { time }),
          trusted: trust && trustedOrigins(trust),
          originsMax,
          refreshMilliseconds: 0,
        });
        const found = verifyLogs(streams, { now, trust, range: streams.range, fromBirth: true });
        let next = await found.next();
        while (next.done !== true) next = await found.next();
        return next.value;
      } finally {
        await client.close();
      }
    },
  };
}

const tooMany = expect.stringMatching(/^the documents in .* are of more than 10 origins/u) as unknown;

describe.concurrent('a flood of origins', () => {
  test('hides nothing that is missing of a log of the trust file', async () => {
    const { flood, removeEventsOfTwo, verify } = await twoLogs();
    await flood(2 * originsMax);
    const honest = await verify('both');
    expect([honest.exitCode, honest.obstacle, honest.findings]).toEqual([2, tooMany, {}]);
    await removeEventsOfTwo();
    const summary = await verify('both');
    expect([summary.exitCode, summary.obstacle]).toEqual([1, tooMany]);
    expect(summary.findings['missing']).toBeGreaterThan(0);
  });

  test('leaves a log that no trust file names unjudged, and that is no verdict; the whole log is judged', async () => {
    const { flood, removeEventsOfTwo, verify } = await twoLogs();
    await removeEventsOfTwo();
    await flood(originsMax);
    const summary = await verify('neither');
    expect([summary.exitCode, summary.obstacle]).toEqual([2, tooMany]);
    const whole = await verify('neither', 'whole');
    expect([whole.exitCode, whole.obstacle]).toEqual([1, undefined]);
  });

  test('that is no larger than what is looked at is no obstacle', async () => {
    const { flood, verify } = await twoLogs();
    await flood(originsMax - 2);
    const summary = await verify('neither');
    expect([summary.exitCode, summary.obstacle, summary.findings]).toEqual([0, undefined, {}]);
    await flood(originsMax - 1);
    const more = await verify('neither');
    expect([more.exitCode, more.obstacle, more.findings]).toEqual([2, tooMany, { unproven: 1 }]);
  });

  test('is not made by one document of two origins', async () => {
    const { write, verify } = await twoLogs();
    await write([['a', 'z']]);
    const summary = await verify('both');
    expect([summary.exitCode, summary.obstacle]).toEqual([0, undefined]);
  });
});
