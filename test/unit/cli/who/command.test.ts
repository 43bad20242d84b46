import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, inject, test } from 'vitest';
import { refusedForm } from '../../../../agent/seal/index.ts';
import { createDocument, randomNamespace, rollover } from '../../../kit/elasticsearch/index.ts';
import { documentOf } from '../../../kit/corpus.ts';
import { defineWho } from '../../../../agent/cli/who/index.ts';
import { captured } from '../../../kit/captured-terminal.ts';
import { auditseal as run } from '../../../kit/installation.ts';
import { shipped } from '../../../kit/asked.ts';

const url = inject('elasticsearchUrl');

let serial = 0;
function line(more: object): string {
  serial += 1;
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `id-${serial}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/prod/secrets/db',
    verb: 'get',
    user: { username: 'alice', groups: ['dev'] },
    sourceIPs: ['198.51.100.1', '10.0.0.7'],
    objectRef: { resource: 'secrets', namespace: 'prod', name: 'db', apiVersion: 'v1' },
    responseStatus: { code: 200 },
    stageTimestamp: '2026-11-23T01:06:03.433599Z',
    ...more,
  });
}

interface Ran {
  code: number | undefined;
  stdout: string[];
  stderr: string;
}

/** In this process: it starts no other. */
async function auditseal([, ...parameters]: string[]): Promise<Ran> {
  const { code, out, error } = await captured(defineWho, parameters);
  return { code, stdout: out.split('\n').slice(0, -1), stderr: error };
}

async function ask(
  lines: string[],
  ...options: string[]
): Promise<Ran & { namespace: string; stream: string }> {
  const made = await shipped(url, lines);
  const ran = await auditseal(['who', '--url', url, '--namespace', made.namespace, ...options]);
  return { ...ran, ...made };
}

const time = '2026-11-23T01:06:03.433Z';

describe.concurrent('auditseal who', () => {
  test('prints who did what, and what the answer does not tell', async () => {
    const lines = [
      line({}),
      line({ stageTimestamp: '2026-11-23T01:06:04.000000Z', sourceIPs: ['10.0.0.8'] }),
      line({
        user: { username: 'bob' },
        responseStatus: { code: 403 },
        annotations: { 'authorization.k8s.io/decision': 'forbid' },
      }),
      line({
        verb: 'list',
        objectRef: { resource: 'secrets', apiVersion: 'v1' },
        impersonatedUser: { username: 'carol' },
      }),
      line({ objectRef: { resource: 'secrets', namespace: 'prod', name: 'other', apiVersion: 'v1' } }),
    ];
    const options = [
      '--resource',
      'secrets/prod/db',
      '--verb',
      'read',
      '--since',
      '2026-11-23T01:00:00Z',
      '--until',
      '2026-11-23T02:00:00Z',
    ];
    const { code, stdout, stderr, namespace } = await ask(lines, ...options);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toEqual([
      'USER   AS     DID   RESOURCE  NAMESPACE  NAME  RESULT      TIMES  FIRST                     LAST                      FROM',
      `alice  -      get   secrets   prod       db    200 ok          2  ${time}  2026-11-23T01:06:04.000Z  10.0.0.7, 10.0.0.8`,
      `bob    -      get   secrets   prod       db    403 denied      1  ${time}  ${time}  10.0.0.7`,
      `alice  carol  list  secrets   -          -     200 ok          1  ${time}  ${time}  10.0.0.7`,
      '',
      'found: 4 requests in 3 rows, from 4 events',
      'asked: resource secrets/prod/db, verb get or list or watch (and whole collections that hold it), 2026-11-23T01:00:00.000Z to 2026-11-23T02:00:00.000Z',
      `data: namespace ${namespace} at ${url}: 5 documents in that time, from ${time} to 2026-11-23T01:06:04.000Z`,
      'no proof: events that the policy dropped are not there, and only `auditseal verify` shows whether all others are, unchanged',
    ]);
  });

  test('nothing found is an answer, with a word on what may be misspelt', async () => {
    const { code, stdout } = await ask([line({})], '--user', 'alcie', '--denied');
    expect(code).toBe(0);
    expect(stdout.slice(0, 2)).toEqual(['nothing found', 'asked: user alcie, outcome denied, all time']);
    expect(stdout).toContain('misspelt? no event in that time has the user alcie; nearest: "alice"');
  });

  test('no name steers the terminal, forges a column or a line, or passes for a missing one', async () => {
    const names = [
      '\u001B[2Jroot',
      'a\nfound: 0 requests',
      '\u202Egnp',
      'bob  -  get',
      '-',
      'a"b',
      '\u009B31m',
      'x'.repeat(5000),
    ];
    const { code, stdout } = await ask(
      names.map((username) => line({ user: { username } })),
      '--user',
      names[0]!,
    );
    const all = await ask(names.map((username) => line({ user: { username } })));
    expect([code, all.code]).toEqual([0, 0]);
    const text = [...stdout, ...all.stdout].join('\n');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    const users = all.stdout
      .slice(1, 1 + names.length)
      .map((row) => /^("(?:[^"\\]|\\.)*"|\S+)  /u.exec(row)?.[1]);
    expect(new Set(users)).toEqual(
      new Set([
        String.raw`"\u001b[2Jroot"`,
        String.raw`"a\nfound: 0 requests"`,
        String.raw`"\u202egnp"`,
        '"bob  -  get"',
        '"-"',
        String.raw`"a\"b"`,
        String.raw`"\u009b31m"`,
        `${'x'.repeat(59)}…`,
      ]),
    );
  });

  test('the table is bounded and says what it left out; --json leaves out nothing unless it is told to', async () => {
    const lines = Array.from({ length: 7 }, (_, i) => line({ user: { username: `u${i}` } }));
    const { stdout, namespace } = await ask(lines, '--limit', '5');
    expect(stdout.slice(6, 9)).toEqual([
      '… and 2 more rows with 2 requests (--limit 0 shows all)',
      '',
      'found: 7 requests in 7 rows, from 7 events',
    ]);
    const where = ['who', '--url', url, '--namespace', namespace, '--json'];
    const limited = await auditseal([...where, '--limit', '5']);
    expect(limited.stdout).toHaveLength(6);
    expect(JSON.parse(limited.stdout[5]!)).toMatchObject({ type: 'summary', rows: 7, listed: 5 });
    const json = await auditseal(where);
    const values = json.stdout.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(values.map(({ type }) => type)).toEqual([...lines.map(() => 'row'), 'summary']);
    expect(values[0]).toEqual({
      type: 'row',
      user: expect.stringMatching(/^u\d$/u) as string,
      effectiveUser: null,
      verb: 'get',
      resource: 'secrets',
      apiGroup: null,
      namespace: 'prod',
      name: 'db',
      path: null,
      result: 'ok',
      code: 200,
      requests: 1,
      first: time,
      last: time,
      addresses: ['10.0.0.7'],
      moreAddresses: false,
    });
    expect(values.at(-1)).toMatchObject({
      requests: 7,
      events: 7,
      rows: 7,
      copies: 0,
      clashes: 0,
      exitCode: 0,
    });
  });

  test('an event that Elasticsearch refused counts, since its head is searched, not its body', async () => {
    const made = await shipped(url, [line({})]);
    const { source } = documentOf(line({ user: { username: 'mallory' } }), 1, made.namespace);
    await createDocument(
      url,
      made.stream,
      '1',
      refusedForm(Buffer.from(source), 'mapper_parsing_exception', 'event'),
    );
    const { stdout } = await auditseal([
      'who',
      '--url',
      url,
      '--namespace',
      made.namespace,
      '--resource',
      'secrets/prod/db',
    ]);
    const found = stdout.slice(1, 3).map((row) => row.split(/ +/u).slice(0, 6).join(' '));
    expect(new Set(found)).toEqual(
      new Set(['alice get secrets prod db 200', 'mallory get secrets prod db 200']),
    );
  });

  test('another document under an event’s id does not hide it, and is pointed out', async () => {
    const made = await shipped(url, [line({})]);
    const { source } = documentOf(line({ user: { username: 'nobody' } }), 0, made.namespace);
    await rollover(url, made.stream);
    await createDocument(url, made.stream, 'forged', Buffer.from(source));
    const { code, stdout } = await auditseal(['who', '--url', url, '--namespace', made.namespace]);
    expect(code, 'answered, and not sure').toBe(3);
    expect(stdout).toContain('found: 2 requests in 2 rows, from 2 events');
    expect(stdout).toContain(
      'ATTENTION: 1 documents have the event.id of another one: somebody other than the agent wrote them',
    );
  });

  test(
    'a flood of documents under one event’s id keeps no question from being answered',
    { timeout: 120_000 },
    async () => {
      const made = await shipped(url, [line({})]);
      const { source } = documentOf(line({ user: { username: 'mallory' } }), 0, made.namespace);
      const forged = 10_050;
      await createDocuments(
        made.stream,
        Array.from({ length: forged }, (_, i) => [`forged-${i}`, source]),
      );
      const where = ['who', '--url', url, '--namespace', made.namespace];
      const all = await auditseal([...where, '--json']);
      expect([all.code, all.stderr]).toEqual([3, '']);
      const found = all.stdout.map((each) => JSON.parse(each) as Record<string, unknown>);
      expect(found).toMatchObject([
        { user: 'mallory', requests: forged },
        { user: 'alice', requests: 1 },
        { type: 'summary', requests: forged + 1, exitCode: 3 },
      ]);
      expect(found[2]).toHaveProperty('clashes', expect.any(Number));
      const one = await auditseal([...where, '--user', 'alice']);
      expect([one.code, one.stdout.find((each) => each.startsWith('found'))]).toEqual([
        0,
        'found: 1 requests in 1 rows, from 1 events',
      ]);
    },
  );

  test('requests under one Audit-ID do not hide behind each other', async () => {
    const auditID = '../../_bulk';
    const lines = [1, 2, 3].flatMap(() => [
      line({ auditID, stage: 'RequestReceived', responseStatus: undefined }),
      line({ auditID }),
    ]);
    const { stdout } = await ask([...lines, line({ auditID, user: { username: 'bob' } })]);
    expect(stdout).toContain('found: 4 requests in 2 rows, from 7 events');
  });

  test.each<[string[], string]>([
    [['--resource', 'pods//x'], '--resource: "pods//x" is not as '],
    [['--since', 'yesterday'], '--since: "yesterday" is neither '],
    [['--since', '1h', '--until', '2h'], '--since: is later than --until'],
    [['--ca-file', '/nowhere/ca.pem'], '/nowhere/ca.pem'],
  ])('ends with 78 on %j', async (options, message) => {
    const { code, stdout, stderr } = await auditseal(['who', '--url', url, ...options]);
    expect([code, stdout]).toEqual([78, []]);
    expect(stderr).toContain(message);
  });

  test('ends with 78 on what is no option', async () => {
    const { code, stdout, stderr } = await run(['who', '--url', url, '--outcome', 'good']);
    expect([code, stdout]).toEqual([78, []]);
    expect(stderr).toContain('Allowed choices are success, failure, denied, unknown');
  });

  test('a stream that is not there is no empty answer', async () => {
    const namespace = randomNamespace();
    const { code, stdout, stderr } = await auditseal(['who', '--url', url, '--namespace', namespace]);
    expect([code, stdout]).toEqual([2, []]);
    expect(stderr).toBe(
      `auditseal who: could not ask: there is no data stream logs-kubernetes.audit_logs-${namespace}: no agent has shipped anything under this namespace, or --namespace is another\n`,
    );
  });

  test('nobody at the address, no permission, and a shard that fails are no answers', async () => {
    const gone = await auditseal(['who', '--url', 'http://127.0.0.1:9', '--json']);
    expect(gone.code).toBe(2);
    expect(JSON.parse(gone.stdout[0]!)).toMatchObject({
      type: 'summary',
      exitCode: 2,
      obstacle: expect.stringContaining('_pit') as string,
    });

    const answers: [number, string, string][] = [
      [403, '{"error":"action is unauthorized"}', '403 {"error":"action is unauthorized"}'],
      [
        200,
        '{"timed_out":false,"_shards":{"failed":1,"failures":["broken"]},"hits":{"hits":[]}}',
        'not every shard answered',
      ],
    ];
    for (const [status, body, message] of answers) {
      const server = createServer((request, response) => {
        response
          .setHeader('x-elastic-product', 'Elasticsearch')
          .setHeader('content-type', 'application/json');
        if (request.url?.includes('/_search')) response.writeHead(status).end(body);
        else response.end('{"id":"x","_shards":{"failed":0}}');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { code, stdout, stderr } = await auditseal([
        'who',
        '--url',
        `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ]);
      server.close();
      expect([code, stdout]).toEqual([2, []]);
      expect(stderr).toContain(message);
    }
  });
});

async function createDocuments(stream: string, documents: readonly (readonly [string, string])[]) {
  const lines = documents.flatMap(([id, source]) => [JSON.stringify({ create: { _id: id } }), source]);
  const answered = await fetch(`${url}/${stream}/_bulk?refresh=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${lines.join('\n')}\n`,
  });
  expect(await answered.json()).toMatchObject({ errors: false });
}
