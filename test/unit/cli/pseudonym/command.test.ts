import { randomBytes } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { definePseudonym } from '../../../../agent/cli/pseudonym/index.ts';
import { defineReveal } from '../../../../agent/cli/reveal/index.ts';
import { defineWho } from '../../../../agent/cli/who/index.ts';
import { pseudonymOf, Pseudonyms, readPseudonymKey } from '../../../../agent/pseudonym/index.ts';
import { temporaryFolder } from '../../../kit/agent/index.ts';
import { shipped } from '../../../kit/asked.ts';
import { captured } from '../../../kit/captured-terminal.ts';

const url = inject('elasticsearchUrl');
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let [file, older] = ['', ''];
beforeAll(async () => {
  folder = await temporaryFolder();
  [file, older] = ['key', 'older-key'].map((name) => join(folder.path, name)) as [string, string];
  for (const each of [file, older])
    expect(await captured(definePseudonym, ['--make-key', each])).toMatchObject({ code: 0 });
});
afterAll(async () => await folder[Symbol.asyncDispose]());

const pseudonym = async (...parameters: string[]) =>
  await captured(definePseudonym, [...parameters, '--pseudonym-key-file', file]);
const reveal = async (...parameters: string[]) =>
  await captured(defineReveal, [...parameters, '--pseudonym-key-file', file]);
const under = async (each: string) => new Pseudonyms(await readPseudonymKey(each));

test('a key is made once, for its owner alone, of 32 random bytes', async () => {
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toMatch(/^[\da-f]{64}\n$/u);
  const again = await captured(definePseudonym, ['--make-key', file]);
  expect(again).toMatchObject({ code: 78 });
  expect(again.error).toContain('is there already: nothing was changed');
});

test.each([
  [
    'that everybody may read',
    randomBytes(32).toString('hex'),
    0o644,
    /may be read by every user .*mode 0644/u,
  ],
  [
    'that is short',
    'twelve bytes',
    0o600,
    /less than 32 characters; make one with: auditseal pseudonym --make-key/u,
  ],
])('a key %s is refused, and not shown', async (_what, text, mode, why) => {
  const wrong = join(folder.path, `wrong-${mode}`);
  await writeFile(wrong, text);
  await chmod(wrong, mode);
  const { code, out, error } = await captured(definePseudonym, ['a', '--pseudonym-key-file', wrong]);
  expect({ code, out }).toEqual({ code: 78, out: '' });
  expect(error).toMatch(why);
  expect(error).not.toContain(text);
});

test('prints what stands in Elasticsearch, and says what stays', async () => {
  const own = await under(file);
  const { code, out, error } = await pseudonym(
    'alice',
    'oidc:bob@mail.example',
    '203.0.113.7',
    'system:admin',
  );
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    pseudonymOf('alice', own),
    `oidc:${pseudonymOf('bob@mail.example', own)}`,
    pseudonymOf('203.0.113.7', own),
    'system:admin',
    '',
  ]);
  expect(error).toBe('system:admin: no person and no public address: it stays as it is\n');
  const json = await pseudonym('alice', '--json');
  expect(JSON.parse(json.out)).toEqual({
    type: 'pseudonym',
    name: 'alice',
    pseudonym: pseudonymOf('alice', own),
    isKept: false,
    keyId: own.key.id,
  });
});

test('reveal tries candidates, and says what stays unknown and why', async () => {
  const own = await under(file);
  const wanted = ['alice', 'bob@mail.example', '203.0.113.7', '2001:4860::7', 'mallory'].map((name) =>
    pseudonymOf(name, own),
  );
  const foreign = pseudonymOf('alice', await under(older));
  const names = join(folder.path, 'names');
  await writeFile(names, 'carol\nalice\r\noidc:bob@mail.example\n');
  const ranges = ['--addresses', '203.0.113.0/24', '--addresses', '2001:4860::/120'];
  const found = await reveal(...wanted, foreign, '--names', names, ...ranges);
  expect(found).toMatchObject({ code: 3, error: '' });
  expect(found.out.split('\n')).toEqual([
    `${wanted[0]}  alice`,
    `${wanted[1]}  bob@mail.example`,
    `${wanted[2]}  203.0.113.7`,
    `${wanted[3]}  2001:4860:0:0:0:0:0:7`,
    `${wanted[4]}  unknown: no candidate is it`,
    `${foreign}  unknown: made with the key ${foreign.split('.')[2]}, which was not given`,
    '',
  ]);
  const both = await reveal(wanted[0]!, foreign, '--name', 'alice', '--json', '--pseudonym-key-file', older);
  expect(both.code).toBe(0);
  expect(
    both.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  ).toMatchObject([
    { pseudonym: wanted[0], name: 'alice' },
    { pseudonym: foreign, name: 'alice' },
    { type: 'summary', revealed: 2, unknown: 0, exitCode: 0 },
  ]);
});

test.each([
  [['alice', '--name', 'alice'], /alice: is no pseudonym/u],
  [['2001:db8:1::', '--addresses', '0.0.0.0/0'], /more than 16,777,216 addresses/u],
  [['2001:db8:1::', '--addresses', '203.0.113.0/33'], /no range as 203\.0\.113\.0\/24/u],
  [['2001:db8:1::'], /give candidates/u],
])('reveal %j is refused', async (parameters, why) => {
  const { code, error } = await reveal(...parameters);
  expect(code).toBe(78);
  expect(error).toMatch(why);
});

const line = (username: string, n: number) =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `${n}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/pods',
    verb: 'list',
    user: { username },
    stageTimestamp: '2026-11-23T01:06:03.433599Z',
  });

test('who finds a person under each key, and before there were pseudonyms, and calls only the unknown misspelt', async () => {
  const names = ['alice', pseudonymOf('alice', await under(file)), pseudonymOf('alice', await under(older))];
  const { namespace } = await shipped(
    url,
    [...names, 'bob'].map((name, n) => line(name, n)),
  );
  const keys = ['--pseudonym-key-file', file, '--pseudonym-key-file', older];
  const asked = ['--url', url, '--namespace', namespace, '--user', 'alice', '--user', 'nobody', ...keys];
  const { code, out } = await captured(defineWho, asked);
  expect(code).toBe(0);
  expect(out).toContain('found: 3 requests in 3 rows');
  for (const name of names) expect(out).toContain(name);
  expect(out).not.toContain('has the user alice');
  expect(out).toContain('has the user nobody');
});

test('candidates are what the directories of a configuration say of people', async () => {
  const people = join(folder.path, 'people.csv');
  await writeFile(people, 'name,email,full_name,manager\njane,jane@example.test,Jane Roe,bob\n');
  const config = join(folder.path, 'with-directories.yaml');
  const settings = {
    cluster: 'prod',
    sources: [{ name: 'kube-apiserver', path: '/var/log/kubernetes/audit.log' }],
    elasticsearch: { urls: ['https://elasticsearch:9200'] },
    identity: { directories: [{ name: 'staff', file: { path: people } }] },
  };
  await writeFile(config, JSON.stringify(settings));
  const key = await under(file);
  const wanted = ['jane', 'jane@example.test', 'Jane Roe', 'bob'].map((name) => pseudonymOf(name, key));
  const { code, out } = await reveal(...wanted, '--directories', config);
  expect(out.split('\n').map((each) => each.split('  ')[1])).toEqual([
    'jane',
    'jane@example.test',
    'Jane Roe',
    'bob',
    undefined,
  ]);
  expect(code).toBe(0);
  await writeFile(people, 'name');
  await writeFile(config, JSON.stringify({ ...settings, identity: {} }));
  expect(await reveal(wanted[0]!, '--directories', config)).toMatchObject({
    code: 78,
    error: expect.stringContaining('identity.directories: is empty') as string,
  });
});
