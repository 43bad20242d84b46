import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { defineErase } from '../../../agent/cli/erase/index.ts';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import { erase, eventsOf } from '../../../agent/erase/index.ts';
import { pseudonymOf, Pseudonyms, readPseudonymKey } from '../../../agent/pseudonym/index.ts';
import { eventDocumentId, leafHash } from '../../../agent/seal/index.ts';
import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import { addPersons, addTrust, makeOperatorKey, readOperatorKey } from '../../../agent/trust/index.ts';
import {
  countEvents,
  startAgent,
  temporaryFolder,
  until,
  verify,
  writeConfig,
  Writer,
} from '../../kit/agent/index.ts';
import { captured } from '../../kit/captured-terminal.ts';
import {
  allDocuments,
  createDocument,
  randomNamespace,
  refresh,
  rollover,
} from '../../kit/elasticsearch/index.ts';
import { securedElasticsearch } from '../../kit/elasticsearch/secured.ts';

const embedded = inject('elasticsearchUrl');
const secured = await securedElasticsearch();
const why = 'request 4711';

let serial = 0;
function line(user: string, more: object = {}): string {
  serial += 1;
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `id-${serial}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/pods',
    verb: 'list',
    user: { username: user },
    stageTimestamp: '2026-11-23T01:06:03.433599Z',
    ...more,
  });
}

const deep = `${'['.repeat(300)}${']'.repeat(300)}`;
/** Of alice 5, of which one is another's who acted as her, and one goes out in the refused form. */
const lines = [
  ...['alice', 'bob', 'alice', 'alice', 'system:serviceaccount:a:b', 'bob'].map((user) => line(user)),
  line('bob', { impersonatedUser: { username: 'alice' } }),
  line('alice', { requestObject: 'DEEP' }).replace('"DEEP"', deep),
];

const indexOf = ({ id }: { id: string }) => Number(id.split('-')[1]);

/** A log with events of several persons, and a trust file with one who may erase. */
async function scene(withPseudonyms = false, url = embedded) {
  const namespace = randomNamespace();
  const folder = await temporaryFolder();
  const file = (name: string) => join(folder.path, name);
  const pseudonymKey = ['--pseudonym-key-file', file('pseudonym-key')];
  await writeFile(file('pseudonym-key'), randomBytes(32).toString('hex'), { mode: 0o600 });
  const pseudonyms = new Pseudonyms(await readPseudonymKey(file('pseudonym-key')));
  const more = {
    heartbeatSeconds: 3600,
    ...(withPseudonyms && { pseudonyms: { keyFile: file('pseudonym-key') } }),
  };
  const config = await writeConfig(folder.path, { elasticsearchUrl: url, namespace, more });
  const writer = await Writer.make(folder.path);
  await using agent = await startAgent({ config });
  await writer.many(lines);
  await until(
    async () => (await countEvents(url, namespace)) === lines.length,
    () => agent.tail(),
  );
  expect(await agent.stop()).toBe(0);
  const vkeys = agent.logs.flatMap(({ 'auditseal.vkey': vkey }) => (typeof vkey === 'string' ? [vkey] : []));
  const trust = file('trust.json');
  await addTrust(trust, vkeys, 'refuse');
  await addPersons(trust, [await makeOperatorKey(file('eraser'), 'privacy@mail.example')], 'erasers');
  const connection = ['--url', url, '--namespace', namespace];
  await refresh(url, recordStream(namespace));
  return {
    url,
    namespace,
    trust,
    key: file('eraser'),
    file,
    alice: withPseudonyms ? pseudonymOf('alice', pseudonyms) : 'alice',
    erase: (...parameters: string[]) =>
      captured(defineErase, [...connection, ...pseudonymKey, '--user', 'alice', '--why', why, ...parameters]),
    verify: () => verify(url, namespace, ['--trust', trust]),
    async documents() {
      await refresh(url, eventStream(namespace));
      const found = [];
      for await (const { id, source } of allDocuments(url, eventStream(namespace)))
        found.push({ id, source: Buffer.from(source) });
      return found;
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test.each([false, true])(
  'a person is erased, copies too; everything else verifies (pseudonyms: %s)',
  async (withPseudonyms) => {
    await using at = await scene(withPseudonyms);
    const before = await at.documents();
    const own = before.find(({ source }) => source.includes(`"name":"${at.alice}"`))!;
    await rollover(at.url, eventStream(at.namespace));
    await createDocument(at.url, eventStream(at.namespace), own.id, own.source);

    const shown = await at.erase();
    expect(shown).toMatchObject({ code: 3, error: '' });
    expect(shown.out).toMatch(
      / {2}5 events, 1 copies\nfound: 5 events; nothing was deleted: repeat with --key and --yes/u,
    );
    expect(await at.documents()).toHaveLength(lines.length + 1);
    expect(await at.verify()).toMatchObject({ exitCode: 0 });

    const done = await at.erase('--key', at.key, '--yes');
    expect(done).toMatchObject({ code: 0, error: '' });
    expect(done.out).toContain('erased: 6 documents, 1 statements signed');
    const left = await at.documents();
    expect(left).toHaveLength(lines.length - 5);
    expect(left.filter(({ source }) => source.includes(at.alice))).toEqual([]);

    const verified = await at.verify();
    expect(verified).toMatchObject({ exitCode: 0 });
    const report = verified.lines.join('\n');
    expect(report).toMatch(/5 .*erased/u);
    for (const told of ['privacy@mail.example', why]) expect(report).toContain(told);
    // Nobody has to trust an eraser: then they are missing.
    expect(await verify(at.url, at.namespace)).toMatchObject({ exitCode: 1 });

    const again = await at.erase('--key', at.key, '--yes', '--json');
    expect(JSON.parse(again.out)).toEqual({
      type: 'summary',
      deleted: 0,
      statements: 0,
      remaining: 0,
      unproven: 0,
      exitCode: 0,
    });
  },
);

test.each(['sign', 'delete', 'deleted'])(
  'killed at “%s”, never tampered, and the same command goes on',
  async (point) => {
    await using at = await scene();
    const client = await createClient({ urls: [at.url], requestSeconds: 60 });
    const now = new Date();
    const asked = { namespace: at.namespace, now };
    const plan = await eventsOf(client, { ...asked, users: ['alice'] });
    const failpoint = (name: string) => {
      if (name === point) throw new Error('killed');
    };
    const key = await readOperatorKey(at.key);
    await expect(erase(client, plan, { ...asked, key, at: now, why, failpoint })).rejects.toThrow('killed');
    await client.close();
    await refresh(at.url, eventStream(at.namespace));
    expect(await at.verify()).toMatchObject({ exitCode: point === 'delete' ? 3 : 0 });
    await refresh(at.url, recordStream(at.namespace));
    const done = await at.erase('--key', at.key, '--yes');
    expect(done).toMatchObject({ code: 0, error: '' });
    expect(done.out).toContain(`${point === 'sign' ? 1 : 0} statements signed`);
    const verified = await at.verify();
    expect(verified).toMatchObject({ exitCode: 0 });
    expect(await at.documents()).toHaveLength(lines.length - 5);
  },
);

test('a forged document under the person’s name signs nobody else’s event away, and a changed one is left alone', async () => {
  await using at = await scene();
  const all = await at.documents();
  const bob = all.find(({ source }) => source.includes('"user":{"name":"bob"}'))!;
  const alice = all.find(({ source }) => source.includes('"user":{"name":"alice"}'))!;
  const source = Buffer.from(
    alice.source.toString().replace(`"sequence":${indexOf(alice)},`, `"sequence":${indexOf(bob)},`),
  );
  const forged = eventDocumentId(bob.id.split('-')[0]!, indexOf(bob), leafHash(source));
  await createDocument(at.url, eventStream(at.namespace), forged, source);
  const done = await at.erase('--key', at.key, '--yes');
  expect(done).toMatchObject({ code: 3 });
  expect(done.out).toContain('ATTENTION: 1 documents name the person and are left alone');
  expect((await at.documents()).map(({ id }) => id)).toContain(forged);
  const { lines: report, exitCode } = await at.verify();
  expect(exitCode).toBe(1);
  expect(report.join('\n')).toContain('inserted');
  expect(report.join('\n')).not.toContain('not erased');
});

test.each([
  [['--yes'], /--key: give the eraser’s private key/u],
  [['--why', 'Alice asked'], /--why: it holds the name of --user/u],
  [['--key', '/nowhere', '--yes'], /operator|\/nowhere/u],
])('%j is refused before anything is asked', async (parameters, told) => {
  const connection = ['--url', 'http://127.0.0.1:1', '--user', 'alice', '--why', why];
  const { code, error } = await captured(defineErase, [...connection, ...parameters]);
  expect(code).toBe(78);
  expect(error).toMatch(told);
});

test.skipIf(!secured)(
  'with Elasticsearch’s own security only a key that may delete can, and a key that may not leaves what the next finishes',
  async () => {
    await using at = await scene(false, secured!.openUrl);
    const [events, records] = [eventStream(at.namespace), recordStream(at.namespace)];
    const eraser = {
      cluster: [],
      indices: [
        { names: [events], privileges: ['read', 'view_index_metadata', 'delete'] },
        { names: [records], privileges: ['read', 'view_index_metadata', 'create_doc'] },
      ],
    };
    const agent = { cluster: [], indices: [{ names: [events, records], privileges: ['create_doc'] }] };
    const reader = {
      cluster: [],
      indices: [{ names: [events, records], privileges: ['read', 'view_index_metadata', 'create_doc'] }],
    };
    const keyOf = async (name: string, role: object) => {
      const answer = await fetch(`${secured!.openUrl}/_security/api_key`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: `${name}-${at.namespace}`, role_descriptors: { role } }),
      });
      expect(answer.ok).toBe(true);
      await writeFile(at.file(name), ((await answer.json()) as { encoded: string }).encoded, { mode: 0o600 });
      return at.file(name);
    };
    const eraseWith = async (file: string) =>
      await captured(defineErase, [
        '--url',
        secured!.url,
        '--namespace',
        at.namespace,
        '--api-key-file',
        file,
        '--user',
        'alice',
        '--why',
        why,
        '--key',
        at.key,
        '--yes',
      ]);

    expect(await eraseWith(await keyOf('agent', agent))).toMatchObject({ code: 2 });
    expect(await at.verify()).toMatchObject({ exitCode: 0 });
    const refused = await eraseWith(await keyOf('reader', reader));
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.error).toContain('The role needs the privilege delete');
    expect(await at.documents()).toHaveLength(lines.length);
    expect(await at.verify()).toMatchObject({ exitCode: 3 });
    const done = await eraseWith(await keyOf('eraser-key', eraser));
    expect(done).toMatchObject({ code: 0, error: '' });
    expect(done.out).toContain('erased: 5 documents, 0 statements signed');
    expect(await at.verify()).toMatchObject({ exitCode: 0 });
  },
);
