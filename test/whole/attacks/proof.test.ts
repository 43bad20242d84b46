import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { defineCheck } from '../../../agent/cli/check/index.ts';
import { defineCheckpoint } from '../../../agent/cli/checkpoint/index.ts';
import { defineProof } from '../../../agent/cli/proof/index.ts';
import { defineWho } from '../../../agent/cli/who/index.ts';
import { captured } from '../../kit/captured-terminal.ts';
import { ShippedLog } from '../../kit/shipped-log.ts';

const url = inject('elasticsearchUrl');

function line(second: number, more: object = {}): string {
  const at = `2026-11-23T01:06:0${second}.000000Z`;
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `id-${second % 3}`,
    stage: second < 3 ? 'ResponseStarted' : 'ResponseComplete',
    requestURI: `/api/v1/namespaces/prod/secrets/db-${second}`,
    verb: 'get',
    user: { username: second < 5 ? 'alice' : 'bob', groups: ['system:authenticated'] },
    sourceIPs: ['10.0.0.1'],
    objectRef: { resource: 'secrets', namespace: 'prod', name: `db-${second}`, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: second === 4 ? 403 : 200 },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
    ...more,
  });
}

test('proof writes what others can check, of an id, a request, a batch, or what who lists; and of nothing that was changed', async () => {
  await using log = await ShippedLog.make(
    url,
    Array.from({ length: 6 }, (_, second) => line(second)),
  );
  const folder = await mkdtemp(join(tmpdir(), 'proof-'));
  const connection = ['--url', log.url, '--namespace', log.namespace];
  const at = (name: string) => join(folder, name);
  const prove = (name: string, ...asked: string[]) =>
    captured(defineProof, [...connection, ...asked, '--out', at(name)]);
  const eventsOf = async (name: string, ...trust: string[]) => {
    const { code, out } = await captured(defineCheck, ['--json', ...trust, at(name)]);
    const { events } = JSON.parse(out) as { events: { id: string }[] };
    return { code, ids: events.map(({ id }) => id).toSorted() };
  };
  const ids = log.events.map(({ id }) => id);
  const [first, second] = log.events;
  try {
    expect(await prove('one', '--id', first!.id)).toMatchObject({ code: 0 });
    expect(await eventsOf('one')).toEqual({ code: 3, ids: [first!.id] });
    expect(await readFile(at('one/event.json'))).toEqual(first!.source);

    const vkey = (await readFile(at('one/keys.txt'), 'utf8')).trim();
    const [cluster, node, source] = vkey.split('+')[0]!.split('/');
    const trust = at('trust.json');
    await writeFile(trust, JSON.stringify({ v: 1, logs: [{ cluster, node, source, vkey }], operators: [] }));
    // By event.id, too; and the same event asked for twice is one.
    expect(
      await prove('two', '--trust', trust, '--id', second!.id.slice(0, 29), '--id', first!.id),
    ).toMatchObject({ code: 0 });
    expect(await eventsOf('two', '--trust', trust)).toEqual({ code: 0, ids: ids.slice(0, 2) });

    expect(await prove('request', '--audit-id', 'id-1')).toMatchObject({ code: 0 });
    expect(await eventsOf('request')).toEqual({ code: 3, ids: [ids[1], ids[4]] });
    const { batch } = (JSON.parse(first!.source.toString()) as { auditseal: { batch: number } }).auditseal;
    expect(await prove('batch', '--batch', String(batch))).toMatchObject({ code: 0 });
    expect(await eventsOf('batch')).toMatchObject({ ids: expect.arrayContaining([first!.id]) as string[] });

    const who = await captured(defineWho, [
      ...connection,
      '--user',
      'alice',
      '--denied',
      '--proof',
      at('who'),
    ]);
    expect(who).toMatchObject({ code: 0, out: expect.stringContaining('written: ') as string });
    expect(await eventsOf('who')).toEqual({ code: 3, ids: [ids[4]] });

    const kept = at('kept.txt');
    expect(await captured(defineCheckpoint, [...connection, '--out', kept])).toMatchObject({ code: 0 });
    const verified = await log.verify('--checkpoint', kept);
    expect(verified.code).toBe(0);
    const fixed = new RegExp(`^fixed: ${cluster}/${node}/${source}/\\S+ up to size \\d+, .*by ${kept}$`, 'u');
    expect(verified.stdout.some((text) => fixed.test(text))).toBe(true);
    await writeFile(kept, (await readFile(kept, 'utf8')).replace(/\n(\S{20})/u, `\n${'A'.repeat(20)}`));
    expect(await log.verify('--checkpoint', kept)).toMatchObject({
      code: 1,
      findings: [expect.stringContaining('bad signature: ')],
    });
    expect(await log.verify('--checkpoint', trust)).toMatchObject({ code: 2 });

    expect(await prove('none', '--id', `${'0'.repeat(16)}-000000000000`)).toMatchObject({ code: 2 });
    expect(await prove('which', '--id', first!.id, '--batch', '1')).toMatchObject({ code: 78 });
    const elsewhere = JSON.stringify({ v: 1, logs: [], operators: [] });
    await writeFile(trust, elsewhere);
    expect(await prove('strange', '--trust', trust, '--id', first!.id)).toMatchObject({
      code: 3,
      error: expect.stringContaining('does not follow from the trust file') as string,
    });
    await log.put(first!, first!.source.toString().replaceAll('alice', 'mallory'));
    expect(await prove('changed', '--id', first!.id)).toMatchObject({
      code: 2,
      error: expect.stringContaining('is not what was sealed') as string,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
