import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assetsOf, checkKibana, installObjects, Kibana } from '../../../agent/kibana/index.ts';
import type { KibanaSettings } from '../../../agent/kibana/index.ts';
import { eventStream } from '../../../agent/streams/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { Authority } from '../../kit/certificates.ts';
import { randomNamespace } from '../../kit/elasticsearch/index.ts';
import { authorization } from '../../kit/elasticsearch/file-realm.ts';
import { securedElasticsearch } from '../../kit/elasticsearch/secured.ts';
import { administrator as superuserOfElasticsearch } from '../../kit/elasticsearch/starter.ts';
import { administrator, setup } from '../setup/command.ts';
import { requestsOf } from '../setup/dev-tools.ts';
import { Secured } from '../setup/secured.ts';
import { KibanaStandIn } from './stand-in.ts';
import type { KibanaWorld } from './stand-in.ts';

const node = await securedElasticsearch();
const testSetup = test.skipIf(!node);
const superuser = authorization(superuserOfElasticsearch);

/** As setup does with Kibana, without Elasticsearch; `said` is what it prints. */
async function install(url: string, settings: Partial<KibanaSettings> = {}, dryRun = false) {
  const said: string[] = [];
  const none = { space: undefined, apiKeyFile: undefined, username: undefined, passwordFile: undefined };
  const whole = { url, ...none, caFile: undefined, requestSeconds: 60, ...settings };
  const kibana = await Kibana.create(whole, new AbortController().signal);
  const found = await checkKibana(kibana, whole.space);
  const warn = (line: string) => said.push(`warning: ${line}`);
  await installObjects(kibana, found, {
    namespace: 'auditseal',
    dryRun,
    onLine: (line) => said.push(line),
    onWarning: warn,
  });
  return said.join('\n');
}

test('data views, saved searches and dashboards are installed as the files have them', async () => {
  await using kibana = await KibanaStandIn.start();
  const said = await install(kibana.url);
  const space = kibana.spaces.get('default')!;
  const { dataViews, searches, dashboards } = assetsOf('auditseal');
  expect([...space.dataViews.keys()]).toEqual(dataViews.map(({ id }) => id));
  expect([...space.searches.keys()]).toEqual(searches.map(({ id }) => id));
  expect(Object.fromEntries(space.dashboards)).toEqual(
    Object.fromEntries(dashboards.map(({ id, body }) => [id, body])),
  );
  expect(said).toContain(`${kibana.url}/app/dashboards#/view/auditseal-access`);
});

test('doing it again puts back what somebody changed, and leaves what is not ours', async () => {
  await using kibana = await KibanaStandIn.start();
  await install(kibana.url);
  const space = kibana.spaces.get('default')!;
  const before = structuredClone([...space.dashboards]);
  const [ours] = assetsOf('auditseal').dataViews;
  space.dashboards.set('auditseal-access', { title: 'changed' });
  space.dashboards.set('of-others', { title: 'kept' });
  space.dataViews.set(ours!.id, { ...space.dataViews.get(ours!.id), name: 'renamed' });
  await install(kibana.url);
  expect([...space.dashboards]).toEqual([...before, ['of-others', { title: 'kept' }]]);
  expect(space.dataViews.get(ours!.id)).toMatchObject({ ...ours });
  expect(space.dataViews.size).toBe(3);
});

test('a data view of others that has our name is not deleted: the error says which it is', async () => {
  await using kibana = await KibanaStandIn.start();
  const [ours] = assetsOf('auditseal').dataViews;
  const { dataViews } = kibana.spaces.get('default')!;
  dataViews.set('theirs', { id: 'theirs', name: ours?.name });
  await expect(install(kibana.url)).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining(`Duplicate data view: ${ours?.name}`) as unknown,
  });
  expect(dataViews.has('theirs')).toBe(true);
});

test('a space, a base path, a CA and a key of its own', async () => {
  await using folder = await temporaryFolder();
  const authority = await Authority.make(folder.path, 'ca');
  const tls = await authority.identity('kibana', 'IP:127.0.0.1');
  const users = { 'ApiKey a2V5': 'write' } as const;
  await using kibana = await KibanaStandIn.start({ basePath: '/kibana', spaces: ['security'], tls, users });
  const apiKeyFile = join(folder.path, 'kibana-key');
  await writeFile(apiKeyFile, 'a2V5\n');
  const own = { space: 'security', apiKeyFile };
  const said = await install(kibana.url, { ...own, caFile: authority.file });
  expect(kibana.spaces.get('security')?.dashboards.size).toBe(4);
  expect(kibana.spaces.get('default')?.dashboards.size).toBe(0);
  expect(said).toContain('/kibana/s/security/app/dashboards#/view/');
  await expect(install(kibana.url, own)).rejects.toThrow(/no trusted TLS connection/u);
});

const unhappy: [string, KibanaWorld, string | undefined, string, RegExp][] = [
  ['unknown credentials', { users: {} }, undefined, 'unauthorized', /401 .*--kibana-api-key-file/u],
  ['no rights', { users: { '': 'nothing' } }, undefined, 'not-allowed', /403 .*kibana_admin/u],
  [
    'a Kibana that is too old',
    { version: '8.15.5' },
    undefined,
    'unfit',
    /is Kibana 8\.15\.5, .* 8\.16 or later/u,
  ],
  ['a space that is not there', {}, 'nowhere', 'unfit', /no space nowhere .*--kibana-space/u],
  [
    'a Kibana that is still starting',
    { instead: () => ({ status: 503, body: 'Kibana server is not ready yet' }) },
    undefined,
    'unreachable',
    /503 .*not ready yet.*try again/u,
  ],
  [
    'somebody else at this address',
    { instead: () => ({ status: 200, body: { name: 'not Kibana' } }) },
    undefined,
    'bad-response',
    /no version in the answer/u,
  ],
];

test.each(unhappy)(
  '%s: an error with the remedy, and nothing was changed',
  async (_, world, space, code, message) => {
    await using kibana = await KibanaStandIn.start(world);
    const refused: unknown = await install(kibana.url, { space }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code, message: expect.stringMatching(message) as unknown });
    expect(kibana.changes).toEqual([]);
  },
);

test.each([
  ['8.16.0', /^warning: Kibana 8\.16\.0 at .*: left out the dashboards .*Critical events.*9\.4 and later/mu],
  ['8.19.9', /^warning: Kibana 8\.19\.9 /mu],
  ['9.3.4', /^warning: Kibana 9\.3\.4 at .*: left out the dashboards/mu],
])(
  'Kibana %s gets data views and saved searches, and setup says that dashboards are left out',
  async (version, said) => {
    await using kibana = await KibanaStandIn.start({ version });
    expect(await install(kibana.url)).toMatch(said);
    const space = kibana.spaces.get('default')!;
    const { dataViews, searches } = assetsOf('auditseal');
    expect([...space.dataViews.keys()]).toEqual(dataViews.map(({ id }) => id));
    expect([...space.searches.keys()]).toEqual(searches.map(({ id }) => id));
    expect(
      kibana.requests.filter((line) => line.includes('dashboards')),
      'asks for no API that is not there',
    ).toEqual([]);
  },
);

test('Kibana 9.4 gets the dashboards, with a warning; later ones get none', async () => {
  await using preview = await KibanaStandIn.start({ version: '9.4.2' });
  expect(await install(preview.url)).toMatch(/^warning: Kibana 9\.4\.2 at .* technical preview/mu);
  expect(preview.spaces.get('default')?.dashboards.size).toBe(4);
  for (const version of ['9.5.0', '9.12.1', '10.0.0-SNAPSHOT']) {
    await using kibana = await KibanaStandIn.start({ version });
    expect(await install(kibana.url)).not.toContain('warning');
    expect(kibana.spaces.get('default')?.dashboards.size).toBe(4);
  }
});

/** Answers this to one of the dashboards. */
const refusing = (status: number): NonNullable<KibanaWorld['instead']> => {
  const body = { message: '[request body.panels.0]: not so' };
  return (method, path) =>
    method === 'PUT' && path.endsWith('auditseal-critical') ? { status, body } : undefined;
};

test('a dashboard that the preview refuses is left out, the others are there; 9.5 and later must take it', async () => {
  await using preview = await KibanaStandIn.start({ version: '9.4.2', instead: refusing(400) });
  expect(await install(preview.url)).toMatch(
    /^warning: .*left out the dashboard auditseal: Critical events: PUT .*not so/mu,
  );
  expect([...preview.spaces.get('default')!.dashboards.keys()]).toHaveLength(3);
  await using kibana = await KibanaStandIn.start({ version: '9.5.0', instead: refusing(400) });
  await expect(install(kibana.url)).rejects.toMatchObject({ code: 'refused' });
});

test('who may not write dashboards is told so by a preview, too', async () => {
  await using preview = await KibanaStandIn.start({ version: '9.4.2', instead: refusing(403) });
  await expect(install(preview.url)).rejects.toMatchObject({ code: 'not-allowed' });
});

const without: NonNullable<KibanaWorld['instead']> = (_method, path) =>
  path.includes('dashboards') ? { status: 404 } : undefined;

test('a Kibana whose API for dashboards is not to be found gets the rest', async () => {
  await using kibana = await KibanaStandIn.start({ instead: without });
  expect(await install(kibana.url)).toMatch(
    /^warning: Kibana 9\.5\.2 at .*left out the dashboards .*GET \/api\/dashboards: 404/mu,
  );
  expect(kibana.spaces.get('default')?.dataViews.size).toBe(3);
});

test('a dry run for an older Kibana prints no dashboard, and says that they are left out', async () => {
  await using kibana = await KibanaStandIn.start({ version: '8.19.9' });
  const said = await install(kibana.url, {}, true);
  expect(said).toContain('/api/data_views/data_view');
  expect(said).toContain('left out the dashboards');
  expect(said).not.toContain('/api/dashboards/');
  expect(kibana.changes).toEqual([]);
});

test('a missing base path is told as such', async () => {
  await using kibana = await KibanaStandIn.start({ basePath: '/kibana' });
  await expect(install(kibana.url.replace('/kibana', ''))).rejects.toThrow(
    /302, sent on to \/kibana\/app\/home. Is Kibana's base path missing/u,
  );
});

test('nobody at this address is told as such', async () => {
  const kibana = await KibanaStandIn.start();
  await kibana[Symbol.asyncDispose]();
  await expect(install(kibana.url)).rejects.toMatchObject({ code: 'unreachable' });
});

test('an import that Kibana did not take whole is an error, although it answers 200', async () => {
  const errors = [{ id: 'x', type: 'search', error: { type: 'unsupported_type' } }];
  const body = { success: false, successCount: 0, errors };
  const instead = (_method: string, path: string) =>
    path.includes('_import') ? { status: 200, body } : undefined;
  await using kibana = await KibanaStandIn.start({ instead });
  await expect(install(kibana.url)).rejects.toThrow(/search x: .*unsupported_type/u);
});

test('a dry run prints what it would send, and sends nothing that changes something', async () => {
  await using kibana = await KibanaStandIn.start();
  const said = await install(kibana.url, {}, true);
  const printed = requestsOf(said);
  expect(printed).toContainEqual({
    method: 'PUT',
    path: 'kbn:/api/dashboards/auditseal-critical',
    body: expect.objectContaining({ title: 'auditseal: Critical events' }) as unknown,
  });
  const { dataViews, dashboards } = assetsOf('auditseal');
  expect(printed).toHaveLength(dataViews.length + dashboards.length);
  expect(said, 'what Dev Tools cannot send').toMatch(/^# POST kbn:\S+_import\S*: a form .*\n# \{/mu);
  expect(kibana.changes).toEqual([]);
});

/** The command, with the options of an administrator. */
async function scene(world: KibanaWorld) {
  const folder = await temporaryFolder();
  const elasticsearch = await Secured.start(node!.openUrl);
  const kibana = await KibanaStandIn.start(world);
  const namespace = randomNamespace();
  return {
    elasticsearch,
    kibana,
    namespace,
    path: folder.path,
    options: await administrator(folder.path, elasticsearch.url, namespace),
    async [Symbol.asyncDispose]() {
      await kibana[Symbol.asyncDispose]();
      await elasticsearch[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

testSetup(
  'setup --kibana-url installs them beside the rest, for its namespace, with the credentials of Elasticsearch',
  async () => {
    await using at = await scene({ users: { [superuser]: 'write' } });
    const done = await setup(...at.options, '--no-key', '--kibana-url', at.kibana.url);
    expect(done, done.error).toMatchObject({ code: 0, error: '' });
    const { dashboards } = assetsOf(at.namespace);
    expect([...at.kibana.spaces.get('default')!.dashboards.keys()]).toEqual(dashboards.map(({ id }) => id));
    expect(done.out).not.toContain('top secret');
  },
);

testSetup(
  'where Kibana refuses what is written, the key is there by then, and the exit code is 2',
  async () => {
    await using at = await scene({ users: { [superuser]: 'read' } });
    const keyFile = join(at.path, 'api-key');
    const refused = await setup(...at.options, '--output-key-file', keyFile, '--kibana-url', at.kibana.url);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.error).toMatch(/POST .*data_view: 403 .*Saved Objects Management/u);
    expect(refused.error).not.toMatch(/\n\s+at /u);
    expect(refused.out).toContain(`apiKeyFile: ${keyFile}`);
  },
);

testSetup(
  'a Kibana that cannot be used keeps nothing from Elasticsearch, and the exit code is 2',
  async () => {
    await using at = await scene({ version: '8.15.5' });
    const refused = await setup(...at.options, '--no-key', '--kibana-url', at.kibana.url);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.error).toMatch(/is Kibana 8\.15\.5/u);
    expect(at.kibana.changes).toEqual([]);
    expect(at.elasticsearch.changes).toContain(`PUT /_data_stream/${eventStream(at.namespace)}`);
  },
);

testSetup(
  'an older Kibana is no failure: what it does not take is a warning, and the exit code is 0',
  async () => {
    await using at = await scene({ version: '8.19.9', users: { [superuser]: 'write' } });
    const done = await setup(...at.options, '--no-key', '--kibana-url', at.kibana.url);
    expect(done, done.error).toMatchObject({ code: 0 });
    expect(done.error).toMatch(/^warning: Kibana 8\.19\.9 at \S+: left out the dashboards .*\n$/u);
    expect(at.kibana.spaces.get('default')?.searches.size).toBe(assetsOf(at.namespace).searches.length);
  },
);

testSetup('what is in the place of Kibana does not steer the terminal', async () => {
  const body = { message: '\u009B2J\u202E' };
  await using at = await scene({ instead: () => ({ status: 400, body }) });
  const refused = await setup(...at.options, '--no-key', '--kibana-url', at.kibana.url);
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.error).toContain(String.raw`400 {"message":"\u009b2J\u202e"}`);
});

test('credentials for an Elasticsearch at https are not sent to a Kibana at http, and nothing is asked', async () => {
  const who = ['--username', 'elastic', '--password-file', 'password'];
  const urls = ['--url', 'https://es.example:9200', '--kibana-url', 'http://kibana.example:5601'];
  const refused = await setup(...urls, ...who, '--no-key');
  expect(refused).toMatchObject({ code: 78 });
  expect(refused.error).toMatch(/--kibana-url: .* in plain text/u);
});

testSetup('options that do not go together end with 78 before anything is asked', async () => {
  await using at = await scene({});
  const url = ['--kibana-url', at.kibana.url];
  for (const [wrong, what] of [
    [['--kibana-space', 'a'], /--kibana-url: must say where Kibana is/u],
    [[...url, '--kibana-username', 'a'], /set both or none/u],
    [[...url, '--kibana-api-key-file', '/nowhere'], /--kibana-api-key-file: \/nowhere/u],
    [[...url, '--kibana-ca-file', '/nowhere'], /--kibana-ca-file: \/nowhere/u],
  ] as const) {
    const refused = await setup(...at.options, '--no-key', ...wrong);
    expect(refused).toMatchObject({ code: 78 });
    expect(refused.error).toMatch(what);
  }
  expect(at.kibana.requests).toEqual([]);
});
