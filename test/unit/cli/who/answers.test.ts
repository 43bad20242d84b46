import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { refusedForm } from '../../../../agent/seal/index.ts';
import { defineWho } from '../../../../agent/cli/who/index.ts';
import { temporaryFolder } from '../../../kit/agent/index.ts';
import { shipped } from '../../../kit/asked.ts';
import { captured } from '../../../kit/captured-terminal.ts';
import { documentOf } from '../../../kit/corpus.ts';
import { createDocument } from '../../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');

let serial = 0;

/** An event of a request that was answered, in the second `at` of a minute. */
function line(at: number, more: object): string {
  serial += 1;
  const time = `2026-11-23T01:06:${String(at).padStart(2, '0')}.000000Z`;
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `id-${serial}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/prod/secrets/db',
    verb: 'get',
    user: { username: 'alice', groups: ['dev'] },
    sourceIPs: ['10.0.0.7'],
    userAgent: 'kubectl/v1.35.4',
    objectRef: { resource: 'secrets', namespace: 'prod', name: 'db', apiVersion: 'v1' },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    ...more,
  });
}

const exec = (query: string) => ({
  verb: 'create',
  requestURI: `/api/v1/namespaces/prod/pods/web/exec?${query}`,
  objectRef: { resource: 'pods', namespace: 'prod', name: 'web', apiVersion: 'v1', subresource: 'exec' },
  responseStatus: { code: 101 },
});

const group = 'rbac.authorization.k8s.io';
const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' };
const subjects = [
  { kind: 'User', name: 'mallory' },
  { kind: 'ServiceAccount', namespace: 'ci', name: 'bot' },
];
const binding = (name: string, more: object) => ({
  verb: 'create',
  user: { username: 'root' },
  requestURI: `/apis/${group}/v1/clusterrolebindings`,
  objectRef: { resource: 'clusterrolebindings', name, apiGroup: group, apiVersion: 'v1' },
  responseStatus: { code: 201 },
  ...more,
});

const jti = '0a1b2c3d-0000-4000-8000-00000000000e';
const extra = (key: string, value: string) => ({ [`authentication.kubernetes.io/${key}`]: [value] });
const byToken = {
  user: {
    username: 'system:serviceaccount:ci:bot',
    extra: {
      ...extra('credential-id', `JTI=${jti}`),
      ...extra('pod-name', 'bot-0'),
      ...extra('node-name', 'cp-1'),
    },
  },
  objectRef: { resource: 'configmaps', namespace: 'prod', name: 'settings', apiVersion: 'v1' },
};

const sa = 'system:serviceaccount:prod:deployer';
const wildcards = String.raw`we*rd\name?`;

const lines = [
  line(0, {}),
  line(1, { user: { username: 'alina' }, sourceIPs: ['10.9.0.1'] }),
  line(2, { user: { username: sa }, responseStatus: { code: 404 } }),
  line(3, { user: { username: wildcards } }),
  line(4, {
    user: { username: 'bob' },
    sourceIPs: ['2001:db8::7'],
    responseStatus: { code: 403 },
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
  }),
  // Two sessions, the second with both of its stages.
  line(10, exec('command=id&container=app')),
  line(11, {
    ...exec('command=sh&command=-c&command=cat+%2Fetc%2Fshadow&container=app'),
    auditID: 'shell',
    stage: 'ResponseStarted',
  }),
  line(15, { ...exec('command=sh&command=-c&command=cat+%2Fetc%2Fshadow&container=app'), auditID: 'shell' }),
  // Grants: as it was sent, as a patch of which only the answer has the role, a dry run, of a role, of another role.
  line(20, binding('sent', { requestObject: { kind: 'ClusterRoleBinding', roleRef, subjects } })),
  line(
    21,
    binding('patched', {
      verb: 'patch',
      requestObject: { subjects },
      responseObject: { kind: 'ClusterRoleBinding', roleRef, subjects: subjects.slice(0, 1) },
    }),
  ),
  line(
    22,
    binding('dry', {
      requestURI: `/apis/${group}/v1/clusterrolebindings?dryRun=All`,
      requestObject: { roleRef, subjects },
    }),
  ),
  line(23, {
    ...binding('-', {}),
    verb: 'update',
    objectRef: { resource: 'roles', name: 'reader', namespace: 'prod', apiGroup: group, apiVersion: 'v1' },
  }),
  line(24, binding('other', { requestObject: { roleRef: { ...roleRef, name: 'view' }, subjects } })),
  // A token, from the request that made it to where a thief uses it.
  line(28, {
    verb: 'create',
    user: { username: 'system:node:cp-1' },
    requestURI: '/api/v1/namespaces/prod/serviceaccounts/deployer/token',
    objectRef: {
      resource: 'serviceaccounts',
      namespace: 'prod',
      name: 'deployer',
      apiVersion: 'v1',
      subresource: 'token',
    },
    responseStatus: { code: 201 },
    annotations: { 'authentication.kubernetes.io/issued-credential-id': `JTI=${jti}` },
  }),
  ...['10.0.0.9', '198.51.100.66'].map((address, i) => line(29 + i, { ...byToken, sourceIPs: [address] })),
  // Nothing of its body was logged.
  line(25, binding('silent', { level: 'Metadata' })),
];

/** Whose bodies Elasticsearch refused: a duplicate key is all that it takes. Of the second the answer was logged. */
const answered = line(
  26,
  binding('answered', {
    requestObject: { roleRef: { ...roleRef, name: 'view' }, subjects },
    responseObject: { kind: 'ClusterRoleBinding', roleRef, subjects },
  }),
);
const refused = line(27, binding('refused', { requestObject: { roleRef, subjects } }));

describe('auditseal who, asked in other ways', () => {
  let namespace: string;

  beforeAll(async () => {
    const made = await shipped(url, lines);
    ({ namespace } = made);
    for (const [i, one] of [answered, refused].entries()) {
      const { source } = documentOf(one, lines.length + i, namespace);
      const form = refusedForm(Buffer.from(source), 'document_parsing_exception', 'bodies');
      await createDocument(url, made.stream, `refused-${i}`, form!);
    }
  });

  async function run(options: readonly string[], columns?: number) {
    const { code, out, error } = await captured(
      defineWho,
      ['--url', url, '--namespace', namespace, ...options],
      columns,
    );
    return { code, stdout: out.split('\n').slice(0, -1), stderr: error };
  }

  /** The objects of `--json`, without the summary. */
  async function objects(...options: string[]): Promise<Record<string, unknown>[]> {
    const { code, stdout, stderr } = await run(['--json', ...options]);
    expect([stderr, [0, 3].includes(code)]).toEqual(['', true]);
    return stdout.slice(0, -1).map((text) => JSON.parse(text) as Record<string, unknown>);
  }

  /** Of each grant what it gives. */
  async function grants(...options: string[]): Promise<unknown[]> {
    return (await objects('--grants', ...options)).map(({ name, result, verb, grant }) => {
      const { role, subjects: to, unreadable, isDryRun, scope } = grant as Record<string, unknown>;
      return [name, verb, result, role, to, unreadable, isDryRun, scope];
    });
  }

  const usersOf = async (...options: string[]) =>
    new Set((await objects('--resource', 'secrets', ...options)).map(({ user }) => user));

  test.each<[string, string[], string[]]>([
    ['a pattern', ['--user', 'ali*'], ['alice', 'alina']],
    ['one character', ['--user', 'b?b'], ['bob']],
    ['a name with the signs of patterns', ['--user', String.raw`we\*rd\name\?`], [wildcards]],
    ['a pattern is none of Elasticsearch’s other languages', ['--user', 'alice OR *:*'], []],
    ['a service account', ['--sa', 'prod/deployer'], [sa]],
    ['service accounts', ['--sa', 'prod/*'], [sa]],
    ['an address', ['--source-ip', '10.9.0.1'], ['alina']],
    ['ranges', ['--source-ip', '10.8.0.0/15', '--source-ip', '2001:db8::/32'], ['alina', 'bob']],
    ['a code', ['--code', '404'], [sa]],
    ['a class of codes', ['--code', '4xx'], [sa, 'bob']],
    ['codes of success', ['--code', '200,201'], ['alice', 'alina', wildcards]],
    ['a person, who may be a user', ['--person', 'ali?e'], ['alice']],
  ])('%s', async (_what, options, users) => {
    expect(await usersOf(...options)).toEqual(new Set(users));
  });

  test.each<[string[], string]>([
    [['--source-ip', '10.0.0.0/33'], '--source-ip: "10.0.0.0/33" is neither '],
    [['--source-ip', 'localhost'], '--source-ip: "localhost" is neither '],
    [['--code', '600'], '--code: "600" is neither '],
    [['--sa', 'deployer'], '--sa: "deployer" is not as NAMESPACE/NAME'],
    [['--credential', 'x'], '--credential: "x" is neither '],
    [['--grants', '--events'], '--grants and --events: each is an answer of its own'],
    [['--new'], '--new: needs --since'],
    [['--known', '/nowhere/verdict'], '--known: /nowhere/verdict '],
  ])('%j ends with 78', async (options, message) => {
    const { code, stdout, stderr } = await run(options);
    expect([code, stdout]).toEqual([78, []]);
    expect(stderr).toContain(message);
  });

  test('--by: rows that differ in what is asked for alone', async () => {
    const rows = await objects('--by', 'from,result', '--resource', 'secrets');
    expect(rows.map(({ address, result, requests }) => [address, result, requests])).toEqual(
      expect.arrayContaining([
        ['10.0.0.7', 'ok', 2],
        ['10.0.0.7', 'failed', 1],
        ['10.9.0.1', 'ok', 1],
        ['2001:db8::7', 'denied', 1],
      ]),
    );
    expect(rows).toHaveLength(4);
    expect(rows[0]).not.toHaveProperty('user');
    const agents = await run(['--by', 'agent', '--resource', 'secrets']);
    expect(agents.stdout.slice(0, 2).map((row) => row.split(/ {2,}/u).slice(0, 2))).toEqual([
      ['AGENT', 'TIMES'],
      ['kubectl/v1.35.4', '5'],
    ]);
  });

  test('a session in a pod is a row, with its container and command', async () => {
    const { stdout } = await run(['--resource', 'pods/exec']);
    const rows = stdout.slice(0, 3).map((row) => row.split(/ {2,}/u));
    expect(rows.map((row) => row.slice(5, 10))).toEqual([
      ['CONTAINER', 'COMMAND', 'RESULT', 'TIMES', 'FIRST'],
      ['app', 'sh -c "cat /etc/shadow"', '101 ok', '1', '2026-11-23T01:06:11.000Z'],
      ['app', 'id', '101 ok', '1', '2026-11-23T01:06:10.000Z'],
    ]);
    const [shell] = await objects('--resource', 'pods/exec');
    expect(shell).toMatchObject({
      session: '0123456789abcdef-000000000007',
      last: '2026-11-23T01:06:15.000Z',
    });
  });

  test('--events: one line a request, the oldest first, with its event.id; what is left out says how to go on', async () => {
    const { stdout } = await run(['--events', '--resource', 'secrets', '--limit', '2']);
    expect(stdout.slice(0, 4).map((row) => row.split(/ {2,}/u))).toEqual([
      ['TIME', 'USER', 'DID', 'RESOURCE', 'NAMESPACE', 'NAME', 'RESULT', 'FROM', 'EVENT.ID'],
      [
        '2026-11-23T01:06:00.000Z',
        'alice',
        'get',
        'secrets',
        'prod',
        'db',
        '200 ok',
        '10.0.0.7',
        '0123456789abcdef-000000000000',
      ],
      [
        '2026-11-23T01:06:01.000Z',
        'alina',
        'get',
        'secrets',
        'prod',
        'db',
        '200 ok',
        '10.9.0.1',
        '0123456789abcdef-000000000001',
      ],
      ['… and 3 more requests (go on with --since 2026-11-23T01:06:01.000Z, or --limit 0)'],
    ]);
  });

  test('--grants: who gave whom which role; what cannot be read is shown, and not called another role', async () => {
    const both = ['User mallory', 'ServiceAccount ci/bot'];
    const all = [
      ['refused', 'create', 'ok', null, [], 'refused', false, null],
      ['answered', 'create', 'ok', 'cluster-admin', both, null, false, null],
      ['silent', 'create', 'ok', null, [], 'not told', false, null],
      ['other', 'create', 'ok', 'view', both, null, false, null],
      ['reader', 'update', 'ok', 'reader', [], null, false, 'prod'],
      ['dry', 'create', 'ok', 'cluster-admin', both, null, true, null],
      ['patched', 'patch', 'ok', 'cluster-admin', ['User mallory'], null, false, null],
      ['sent', 'create', 'ok', 'cluster-admin', both, null, false, null],
    ];
    expect(await grants()).toEqual(all);
    expect(await grants('cluster-admin')).toEqual(
      all.filter(([, , , role]) => role === null || role === 'cluster-admin'),
    );
    const { code, stdout } = await run(['--grants', 'cluster-admin', '--user', 'root']);
    expect(code).toBe(3);
    expect(stdout.slice(0, 2).map((row) => row.split(/ {2,}/u))).toEqual([
      ['TIME', 'USER', 'FROM', 'DID', 'RESULT', 'BINDING', 'SCOPE', 'ROLE', 'SUBJECT', 'EVENT.ID'],
      [
        '2026-11-23T01:06:27.000Z',
        'root',
        '10.0.0.7',
        'create',
        '201 ok',
        'refused',
        'cluster',
        '(body not readable: Elasticsearch refused it)',
        '?',
        '0123456789abcdef-000000000018',
      ],
    ]);
    expect(stdout).toContainEqual(
      expect.stringMatching(/^ATTENTION: of 2 requests neither role nor subjects are known/u),
    );
    expect(stdout[2]).toContain('User mallory, ServiceAccount ci/bot');
  });

  test.each([jti, `JTI=${jti}`])(
    '--credential %s: who made it, each use, and to what it was bound',
    async (id) => {
      const { code, stdout } = await run(['--credential', id]);
      expect(code).toBe(0);
      const rows = stdout.slice(0, 4).map((row) => row.split(/ {2,}/u));
      const shown = ['USER', 'CREDENTIAL', 'POD', 'NODE', 'DID', 'FROM'].map((heading) =>
        rows[0]!.indexOf(heading),
      );
      expect(rows.slice(1).map((row) => shown.map((i) => row[i]))).toEqual([
        ['system:node:cp-1', 'issued', '-', '-', 'create', '10.0.0.7'],
        ['system:serviceaccount:ci:bot', 'used', 'bot-0', 'cp-1', 'get', '10.0.0.9'],
        ['system:serviceaccount:ci:bot', 'used', 'bot-0', 'cp-1', 'get', '198.51.100.66'],
      ]);
    },
  );

  test('--new: whose first event lies in the time', async () => {
    const { code, stdout } = await run([
      '--new',
      '--since',
      '2026-11-23T01:06:04Z',
      '--until',
      '2026-11-23T01:06:27Z',
    ]);
    expect(code).toBe(0);
    const found = stdout.slice(0, 4).map((row) => row.split(/ {2,}/u).slice(0, 2).join(' '));
    expect(found.toSorted()).toEqual(['NEW NAME', 'address 2001:db8::7', 'user bob', 'user root']);
    expect(stdout).toContain('found: 3 that were not there before');
    const early = await run(['--new', '--since', '2026-11-23']);
    expect(early.code, 'all are new where nothing was before').toBe(3);
  });

  test('--known marks what a verdict found something against', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'verdict.json');
    const finding = {
      type: 'finding',
      finding: 'changed',
      origin: 'o',
      index: 0,
      id: '0123456789abcdef-000000000000',
      identity: '00',
    };
    await writeFile(file, `${JSON.stringify(finding)}\n`);
    const marked = await objects('--known', file, '--resource', 'secrets');
    expect(marked.filter(({ findings }) => findings).map(({ user, findings }) => [user, findings])).toEqual([
      ['alice', ['changed']],
    ]);
    const { stdout } = await run(['--known', file, '--user', 'alice', '--resource', 'secrets', '--events']);
    expect(stdout[0]).toMatch(/ FINDING +EVENT\.ID$/u);
    expect(stdout[1]).toContain('  changed  ');
  });

  test('on a terminal a row fits: what all have in common is said once, times are short, what was denied is marked', async () => {
    const { stdout } = await run(['--resource', 'secrets'], 70);
    const table = stdout.slice(0, stdout.indexOf(''));
    expect(table.slice(0, 4)).toEqual([
      'times: UTC, on 2026-11-23',
      'all: DID get, RESOURCE secrets, NAMESPACE prod, NAME db, TIMES 1',
      expect.stringMatching(/^ +USER +RESULT +FIRST +LAST +FROM$/u),
      expect.stringMatching(/^! +bob +403 denied +01:06:04 +01:06:04 +2001:db8::7$/u),
    ]);
    for (const row of table) expect(row.length).toBeLessThanOrEqual(70);
    const narrow = await run(['--grants'], 100);
    for (const row of narrow.stdout.slice(0, narrow.stdout.indexOf('')))
      expect(row.length).toBeLessThanOrEqual(100);
  });
});
