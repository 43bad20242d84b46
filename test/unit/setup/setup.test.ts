import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test as always } from 'vitest';
import { bulk, createClient, request, ElasticsearchError } from '../../../agent/elasticsearch/index.ts';
import { eventStream, recordStream, verdictStream } from '../../../agent/streams/index.ts';
import {
  countEvents,
  startAgent,
  temporaryFolder,
  until,
  verify,
  Writer,
  writeConfig,
} from '../../kit/agent/index.ts';
import { backingIndices, randomNamespace } from '../../kit/elasticsearch/index.ts';
import { gzipBody } from '../../kit/body.ts';
import { securedElasticsearch } from '../../kit/elasticsearch/secured.ts';
import { administrator, setup, setupProcess } from './command.ts';
import { requestsOf } from './dev-tools.ts';
import { ask, keysOf, rolesOf } from './keys.ts';
import { Secured } from './secured.ts';

const node = await securedElasticsearch();
/** Elasticsearch's security needs a JDK and Maven, which a machine with an Elasticsearch of its own may lack. */
const test = always.skipIf(!node);
const backend = node?.openUrl ?? '';

/** A cluster with security, a folder, a namespace, and the options of an administrator. */
async function scene() {
  const folder = await temporaryFolder();
  const server = await Secured.start(node!.openUrl);
  const namespace = randomNamespace();
  const keyFile = join(folder.path, 'api-key');
  const options = await administrator(folder.path, server.url, namespace);
  const keys = () => keysOf(backend, namespace);
  return {
    keys,
    server,
    namespace,
    keyFile,
    options,
    path: folder.path,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const secretOf = async (file: string) => (await readFile(file, 'utf8')).trim();

test('a key made by setup is all that the agent needs, and it verifies', async () => {
  await using at = await scene();
  const made = await setup(...at.options, '--output-key-file', at.keyFile);
  expect(made, made.error).toMatchObject({ code: 0, error: '' });
  expect((await stat(at.keyFile)).mode & 0o777).toBe(0o600);
  expect(made.out).not.toContain(await secretOf(at.keyFile));
  const name = `auditseal-agent-${at.namespace}`;
  const names = [eventStream(at.namespace), recordStream(at.namespace)];
  expect(await at.keys()).toMatchObject([
    { name, role_descriptors: { [name]: { cluster: [], indices: [{ names, privileges: ['create_doc'] }] } } },
  ]);
  expect(await rolesOf(backend, at.namespace)).toEqual([name]);
  expect(await readdir(at.path)).toEqual(['api-key', 'password']);

  const config = await writeConfig(at.path, {
    elasticsearchUrl: at.server.url,
    namespace: at.namespace,
    elasticsearch: { apiKeyFile: at.keyFile },
  });
  const writer = await Writer.make(at.path);
  await using agent = await startAgent({ config });
  await writer.burst(200);
  await until(
    async () => (await countEvents(backend, at.namespace)) === 200,
    () => `not all events arrived: ${agent.tail()}`,
  );
  expect(agent.said(/not checked, since these credentials may not look/u)).toHaveLength(1);
  expect(await agent.stop()).toBe(0);
  expect(await verify(backend, at.namespace)).toMatchObject({ exitCode: 0 });
});

test('doing it again changes nothing and looks at the key once more', async () => {
  await using at = await scene();
  const options = [...at.options, '--output-key-file', at.keyFile];
  expect(await setup(...options)).toMatchObject({ code: 0 });
  const secret = await secretOf(at.keyFile);
  const { length } = at.server.changes;
  const again = await setup(...options);
  expect(again, again.error).toMatchObject({ code: 0, error: '' });
  const puts = at.server.changes
    .slice(length)
    .filter((line) => !/^PUT \/_(?:index|component)_template\//u.test(line));
  expect(puts, 'templates are put again as they are').toEqual([]);
  expect(again.out).toMatch(/key auditseal-agent-\w+ in .*: unchanged .*checked/u);
  expect(await secretOf(at.keyFile)).toBe(secret);
  expect(await at.keys()).toHaveLength(1);
});

test('a second key is only made on demand, and the first is only revoked on demand', async () => {
  await using at = await scene();
  const file = (name: string) => ['--output-key-file', join(at.path, name)];
  expect(await setup(...at.options, ...file('one'))).toMatchObject({ code: 0 });
  const lost = await setup(...at.options, ...file('two'));
  expect(lost).toMatchObject({
    code: 2,
    error: expect.stringMatching(/exists already \(id .*--rotate-key/u) as unknown,
  });
  expect(await at.keys()).toHaveLength(1);

  const rotated = await setup(...at.options, ...file('two'), '--rotate-key', '--expiration', '90d');
  expect(rotated).toMatchObject({
    code: 0,
    out: expect.stringMatching(/earlier ones are still valid: id/u) as unknown,
  });
  expect((await at.keys()).map(({ invalidated }) => invalidated)).toEqual([false, false]);
  const [, second] = await at.keys();
  expect((second?.expiration ?? 0) - (second?.creation ?? 0)).toBe(90 * 86_400_000);

  expect(await setup(...at.options, ...file('two'), '--rotate-key', '--revoke-old')).toMatchObject({
    code: 0,
  });
  expect((await at.keys()).map(({ invalidated }) => invalidated)).toEqual([true, true, false]);
  const old = await setup(...at.options, ...file('one'));
  expect(old).toMatchObject({
    code: 2,
    error: expect.stringMatching(/one holds no valid key.*--rotate-key/u) as unknown,
  });
});

test('a file that holds something else is not overwritten', async () => {
  await using at = await scene();
  await writeFile(at.keyFile, 'precious');
  expect(await setup(...at.options, '--output-key-file', at.keyFile)).toMatchObject({
    code: 2,
    error: expect.stringContaining('holds something, but no valid key') as unknown,
  });
  expect(await readFile(at.keyFile, 'utf8')).toBe('precious');
  expect(await at.keys()).toEqual([]);
});

test('where the file cannot be made, no key is', async () => {
  await using at = await scene();
  const nowhere = join(at.path, 'nowhere', 'key');
  expect(await setup(...at.options, '--output-key-file', nowhere)).toMatchObject({
    code: 78,
    error: expect.stringContaining(`--output-key-file: ${nowhere} cannot be made`) as unknown,
  });
  expect(at.server.changes).toEqual([]);
});

test.each([
  [['--output-key-file', 'key', '--with-lookup-key', 'no/key'], '--with-lookup-key: '],
  [['--output-key-file', 'key', '--with-verdict-key', '.'], '--with-verdict-key: '],
  [['--output-key-file', 'key', '--with-verdict-key', 'key'], 'that of --output-key-file'],
  [['--no-key', '--ca-file', 'no-ca'], '--ca-file: '],
  [
    ['--no-key', '--kibana-url', 'http://127.0.0.1:1', '--kibana-api-key-file', 'none'],
    '--kibana-api-key-file: ',
  ],
  [['--no-key', '--kibana-url', 'https://127.0.0.1:1', '--kibana-ca-file', 'none'], '--kibana-ca-file: '],
])('a file that cannot serve is told before anything is changed: %j', async (given, why) => {
  await using at = await scene();
  const parameters = given.map((each) => (/^(?:-|http)/u.test(each) ? each : join(at.path, each)));
  expect(await setup(...at.options, ...parameters)).toMatchObject({
    code: 78,
    error: expect.stringContaining(why) as unknown,
  });
  expect(at.server.changes).toEqual([]);
  expect(await readdir(at.path)).toEqual(['password']);
});

test('a dry run prints every request with its body, and sends none that changes anything', async () => {
  await using at = await scene();
  const options = [
    ...at.options,
    '--output-key-file',
    at.keyFile,
    '--with-lookup-key',
    join(at.path, 'lookup'),
  ];
  const dry = await setup(...options, '--dry-run');
  expect(dry, dry.error).toMatchObject({ code: 0, error: '' });
  expect(at.server.changes).toEqual([]);
  expect(dry.out).not.toContain('top secret');
  const printed = requestsOf(dry.out).map(({ method, path }) => `${method} ${path}`);
  expect(await setup(...options)).toMatchObject({ code: 0 });
  expect(printed, 'what was printed is what a real run sends').toEqual(at.server.changes);
  expect(dry.out).toContain('"create_doc"');
  expect(await readdir(at.path)).toEqual(['api-key', 'lookup', 'password']);
});

test('a dry run needs no place for the key, which may be made elsewhere', async () => {
  await using at = await scene();
  const keyFile = join(at.path, 'not-here', 'key');
  const dry = await setup(...at.options, '--output-key-file', keyFile, '--dry-run');
  expect(dry, dry.error).toMatchObject({ code: 0 });
  const wet = await setup(...at.options, '--output-key-file', keyFile);
  expect(wet).toMatchObject({ code: 78, error: expect.stringContaining('not-here') as unknown });
});

test('what a dry run has to remark is a comment, whatever is in it', async () => {
  await using at = await scene();
  const options = [...at.options, '--output-key-file', join(at.path, 'key\n{}')];
  expect(await setup(...options)).toMatchObject({ code: 0 });
  const dry = await setup(...options, '--dry-run');
  expect(dry, dry.error).toMatchObject({ code: 0 });
  expect(dry.out).toMatch(/^# key auditseal-agent-\S+ in .*\n# \{\}: unchanged/mu);
  for (const { path } of requestsOf(dry.out)) expect(path, 'put again as it is').toMatch(/_template\//u);
});

test('a key to look things up may read and nothing else, and serves an auditor', async () => {
  await using at = await scene();
  const lookup = join(at.path, 'lookup');
  const made = await setup(...at.options, '--output-key-file', at.keyFile, '--with-lookup-key', lookup);
  expect(made, made.error).toMatchObject({ code: 0 });
  expect((await stat(lookup)).mode & 0o777).toBe(0o600);
  const may = async (file: string, method: 'POST' | 'GET', path: string) => {
    const client = await createClient({ urls: [at.server.url], apiKeyFile: file, requestSeconds: 20 });
    return (await request(client, { method, path, expect: [403] })).status;
  };
  const search = `/${eventStream(at.namespace)}/_search`;
  expect([await may(lookup, 'POST', search), await may(at.keyFile, 'POST', search)]).toEqual([200, 403]);
  // A verdict names its cluster; the embedded server has no `GET /` to try it on.
  const has = async (file: string) => {
    const client = await createClient({ urls: [at.server.url], apiKeyFile: file, requestSeconds: 20 });
    const body = { cluster: ['cluster:monitor/main', 'monitor'] };
    return (await request(client, { method: 'POST', path: '/_security/user/_has_privileges', body })).body;
  };
  expect(await has(lookup)).toMatchObject({ cluster: { 'cluster:monitor/main': true, monitor: false } });
  expect(await has(at.keyFile)).toMatchObject({
    cluster: { 'cluster:monitor/main': false, monitor: false },
  });
});

test('a key for verdicts creates verdicts and nothing else, and the agent’s creates none', async () => {
  await using at = await scene();
  const verdicts = join(at.path, 'verdicts');
  const made = await setup(...at.options, '--output-key-file', at.keyFile, '--with-verdict-key', verdicts);
  expect(made, made.error).toMatchObject({ code: 0, error: '' });
  expect((await stat(verdicts)).mode & 0o777).toBe(0o600);
  const create = async (file: string, stream: string) => {
    const client = await createClient({ urls: [at.server.url], apiKeyFile: file, requestSeconds: 20 });
    const ours = '"auditseal":{"origin":"a/b/c/d","verify":{"verdict":"verified"}}';
    const gzip = gzipBody([{ id: '1', source: `{"@timestamp":"2026-11-23T01:00:00Z",${ours}}` }]);
    return await bulk(client, { stream, gzipBody: gzip, count: 1 }).then(
      ({ items }) => items[0]?.status,
      (error: unknown) => (error instanceof ElasticsearchError ? error.status : error),
    );
  };
  const streams = [eventStream(at.namespace), recordStream(at.namespace), verdictStream(at.namespace)];
  const statuses = async (file: string) =>
    await Promise.all(streams.map(async (stream) => await create(file, stream)));
  expect(await statuses(verdicts)).toEqual([403, 403, 201]);
  expect(await statuses(at.keyFile)).toEqual([201, 201, 403]);
  expect(at.server.streams.managed.get(verdictStream(at.namespace))).toEqual({ retention: '400d' });

  at.server.tampering.extra = {
    indices: [{ names: [recordStream(at.namespace)], privileges: ['create_doc'] }],
  };
  const again = await setup(...at.options, '--no-key', '--with-verdict-key', verdicts, '--rotate-key');
  expect(again).toMatchObject({
    code: 2,
    error: expect.stringMatching(
      /has create_doc on logs-auditseal\.batch-.*may create documents in logs-auditseal\.batch-/u,
    ) as unknown,
  });
});

test('a key that got more is found out by trying, made invalid, and not left behind', async () => {
  await using at = await scene();
  const { tampering } = at.server;
  tampering.hidesExtra = true;
  for (const [privilege, why] of [
    ['write', /may overwrite in a backing index of.*may delete from/u],
    ['delete', /may delete from a backing index of/u],
    ['index', /may overwrite in a backing index of.*may update in/u],
    ['read', /may read from a backing index of.*may search/u],
    ['view_index_metadata', /may look at the settings of/u],
  ] as const) {
    tampering.extra = { indices: [{ names: ['*'], privileges: [privilege] }] };
    const made = await setup(...at.options, '--output-key-file', at.keyFile);
    expect(made, privilege).toMatchObject({ code: 2, error: expect.stringMatching(why) as unknown });
    expect((await at.keys()).every(({ invalidated }) => invalidated)).toBe(true);
    expect(await readdir(at.path)).toEqual(['password']);
  }
  expect(await at.keys()).toHaveLength(5);
});

test('a key that got more is found out by asking, on other indices and on the cluster too', async () => {
  await using at = await scene();
  at.server.tampering.extra = {
    cluster: ['monitor'],
    indices: [{ names: ['*'], privileges: ['create_doc'] }],
  };
  const made = await setup(...at.options, '--output-key-file', at.keyFile);
  expect(made).toMatchObject({
    code: 2,
    error: expect.stringMatching(/has the cluster privilege monitor; .*has create_doc on \*/u) as unknown,
  });
  expect((await at.keys()).map(({ invalidated }) => invalidated)).toEqual([true]);
});

test('a key that cannot create documents is found out as well', async () => {
  await using at = await scene();
  const options = [...at.options, '--output-key-file', at.keyFile];
  expect(await setup(...options)).toMatchObject({ code: 0 });
  const [key] = await at.keys();
  const nothing = { role_descriptors: { nothing: { cluster: [], indices: [] } } };
  await ask(backend, 'PUT', `/_security/api_key/${key?.id}`, nothing);
  expect(await setup(...options)).toMatchObject({
    code: 2,
    error: expect.stringMatching(/lacks create_doc on .*cannot create documents in/u) as unknown,
  });
});

test('an administrator who may not do it all is told what is missing before anything is changed', async () => {
  await using at = await scene();
  const name = `helper-${at.namespace}`;
  const role = { cluster: ['manage_index_templates'], indices: [{ names: ['*'], privileges: ['manage'] }] };
  await ask(backend, 'PUT', `/_security/role/${name}`, role);
  await ask(backend, 'PUT', `/_security/user/${name}`, { password: 'top secret', roles: [name] });
  const options = at.options.with(at.options.indexOf('--username') + 1, name);
  expect(await setup(...options, '--output-key-file', at.keyFile)).toMatchObject({
    code: 2,
    error: expect.stringMatching(
      /lacks cluster privilege manage_security, index privilege create_doc on logs-.*privilege read on logs-/u,
    ) as unknown,
  });
  expect(at.server.changes).toEqual([]);
});

test('an API key cannot make a key, and all else it can', async () => {
  await using at = await scene();
  const admin = join(at.path, 'admin-key');
  const all = { all: { cluster: ['all'], indices: [{ names: ['*'], privileges: ['all'] }] } };
  const client = await createClient({
    urls: [at.server.url],
    username: 'elastic',
    passwordFile: join(at.path, 'password'),
    requestSeconds: 20,
  });
  const body = { name: 'admin', role_descriptors: all };
  const { body: key } = await request(client, { method: 'POST', path: '/_security/api_key', body });
  await writeFile(admin, (key as { encoded: string }).encoded);
  const options = ['--url', at.server.url, '--namespace', at.namespace, '--api-key-file', admin];
  expect(await setup(...options, '--output-key-file', at.keyFile)).toMatchObject({
    code: 2,
    error: expect.stringMatching(/no API key make another.*--username/u) as unknown,
  });
  const made = await setup(...options, '--no-key');
  expect(made, made.error).toMatchObject({ code: 0 });
  expect(await backingIndices(backend, eventStream(at.namespace))).toHaveLength(1);
});

test('a template of others that wins over ours is refused, and no stream and no key is made', async () => {
  await using at = await scene();
  const client = await createClient({ urls: [backend], requestSeconds: 20 });
  const path = `/_index_template/theirs-${at.namespace}`;
  const template = { settings: { index: { mode: 'logsdb' } } };
  const body = { index_patterns: [`logs-*-${at.namespace}`], priority: 9000, data_stream: {}, template };
  await request(client, { method: 'PUT', path, body });
  expect(await setup(...at.options, '--output-key-file', at.keyFile)).toMatchObject({
    code: 2,
    error: expect.stringMatching(
      /index\.mode "logsdb".*is theirs-.*remove templates of a higher priority/u,
    ) as unknown,
  });
  expect(await backingIndices(backend, eventStream(at.namespace))).toEqual([]);
  expect(await at.keys()).toEqual([]);
  await request(client, { method: 'DELETE', path });
});

test('a cluster-wide maximum that shortens the retention is a warning, for records too', async () => {
  await using at = await scene();
  at.server.streams.retentionMax = '90d';
  const made = await setup(...at.options, '--output-key-file', at.keyFile);
  expect(made.code).toBe(0);
  for (const [stream, days] of [
    [eventStream(at.namespace), 400],
    [recordStream(at.namespace), 36_500],
  ] as const)
    expect(made.error).toContain(
      `warning: retention of ${stream}: 90 days, by the cluster-wide data_streams.lifecycle.retention.max, instead of ${days} days. Raise that`,
    );
});

test('a changed retention is set on streams that exist', async () => {
  await using at = await scene();
  const options = [...at.options, '--output-key-file', at.keyFile];
  expect(await setup(...options)).toMatchObject({ code: 0 });
  expect(await setup(...options, '--retention-days', '30')).toMatchObject({ code: 0, error: '' });
  expect(at.server.streams.managed.get(eventStream(at.namespace))).toEqual({ retention: '30d' });
  expect(at.server.streams.managed.get(recordStream(at.namespace))).toEqual({ retention: '36500d' });
});

test('a stream whose written index lacks fields of the template is rolled over, once', async () => {
  await using at = await scene();
  const elasticsearch = { indexedAnnotations: ['example.test/ticket'] };
  const { namespace, server } = at;
  const config = await writeConfig(at.path, { elasticsearchUrl: server.url, namespace, elasticsearch });
  const options = [...at.options, '--no-key'];
  expect((await setup(...options)).out).not.toContain('rolled over');
  const [stream, records] = [eventStream(namespace), recordStream(namespace)];
  const more = await setup(...options, '--config', config);
  expect(more.out, more.error).toContain(
    `data stream ${stream}: rolled over, since what was written to has not all fields (kubernetes.audit.annotations.example.test/ticket, `,
  );
  expect(await backingIndices(backend, stream)).toHaveLength(2);
  expect(await backingIndices(backend, records)).toHaveLength(1);
  expect((await setup(...options, '--config', config)).out).not.toContain('rolled over');
});

always(
  'without security nothing but a warning is left of roles and keys, and only if that is asked for',
  async () => {
    await using folder = await temporaryFolder();
    const namespace = randomNamespace();
    const options = ['--url', inject('elasticsearchUrl'), '--namespace', namespace];
    const keyFile = join(folder.path, 'key');
    expect(await setup(...options, '--output-key-file', keyFile)).toMatchObject({
      code: 2,
      error: expect.stringMatching(/has no security.*--no-key/u) as unknown,
    });
    const made = await setup(...options, '--no-key');
    expect(made).toMatchObject({
      code: 0,
      error: expect.stringContaining('warning: this cluster has no security') as unknown,
    });
    expect(made.out).toContain('index templates: in force for all streams');
  },
);

test('as a process, --print-key prints the key, and leaves no file', async () => {
  await using at = await scene();
  const made = await setupProcess(...at.options, '--print-key');
  expect(made).toMatchObject({ code: 0, error: '' });
  const [key] = await at.keys();
  const printed = made.out.split('\n').map((line) => Buffer.from(line, 'base64').toString());
  expect(printed.filter((line) => line.startsWith(`${key?.id}:`))).toHaveLength(1);
  expect(await readdir(at.path)).toEqual(['password']);
});

test('as a process, options that cannot be read end with 78', async () => {
  const bad = ['--url', 'http://127.0.0.1:1', '--no-key'];
  expect(await setupProcess(...bad, '--retention-days', '0')).toMatchObject({
    code: 78,
    error: expect.stringContaining('number of days') as unknown,
  });
});

test.each([
  [['--no-key'], '--url or --config'],
  [['--url', 'http://127.0.0.1:1'], '--output-key-file, --print-key or --no-key'],
  [['--url', 'http://127.0.0.1:1', '--no-key', '--print-key'], '--output-key-file, --print-key or --no-key'],
  [['--url', 'http://127.0.0.1:1', '--no-key', '--username', 'x'], '--username and --password-file'],
  [['--url', 'http://127.0.0.1:1', '--no-key', '--revoke-old'], '--revoke-old'],
])('options %j end with 78 and what to do', async (options, why) => {
  expect(await setup(...options)).toMatchObject({ code: 78, error: expect.stringContaining(why) as unknown });
});

test('docs/operations.md removes all that setup made, by its names', async () => {
  const folder = join(import.meta.dirname, '../../../docs');
  const [, section = ''] = (await readFile(join(folder, 'operations.md'), 'utf8')).split('## Remove it');
  await using at = await scene();
  const requests = requestsOf(
    section.split('```')[1]!.replaceAll(/-auditseal\b(?!\.)/gu, `-${at.namespace}`),
  );
  expect(await setup(...at.options, '--no-key')).toMatchObject({ code: 0 });
  const removed = requests.flatMap(({ method, path }) => {
    expect(method).toBe('DELETE');
    const [, place = '', names = ''] = /^(.*\/)([^/]+)$/u.exec(path) ?? [];
    return names.split(',').map((name) => `${place}${name}`);
  });
  const made = at.server.changes.flatMap((line) => /^PUT (\/[^?]+)$/u.exec(line)?.[1] ?? []);
  expect(removed.filter((path) => !path.startsWith('/_security/')).toSorted(byText)).toEqual(
    made.filter((path) => !path.startsWith('/_security/')).toSorted(byText),
  );
  for (const path of made) expect(removed).toContain(path);
});

const byText = (a: string, b: string) => a.localeCompare(b);
