import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectionOf } from '../../../agent/cli/connection.ts';
import { createClient } from '../../../agent/elasticsearch/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

/** An agent's configuration with a key of its own. */
async function configured() {
  const folder = await temporaryFolder();
  const config = join(folder.path, 'auditseal.yaml');
  const elasticsearch = { urls: ['https://127.0.0.1:1'], apiKeyFile: '/agent/key', caFile: '/agent/ca.crt' };
  const sources = [{ name: 'kube-apiserver', path: '/var/log/kubernetes/audit.log' }];
  await writeFile(config, JSON.stringify({ cluster: 'prod', node: 'cp-1', sources, elasticsearch }));
  return { config, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('who calls is said whole by the options, or whole by the configuration', async () => {
  await using at = await configured();
  const of = async (options: object) => (await connectionOf({ config: at.config, ...options })).settings;
  expect(await of({})).toMatchObject({ apiKeyFile: '/agent/key', username: undefined });
  expect(await of({ username: 'alice', passwordFile: 'p' })).toMatchObject({
    apiKeyFile: undefined,
    username: 'alice',
    passwordFile: 'p',
    caFile: '/agent/ca.crt',
  });
  expect(await of({ apiKeyFile: 'k', caFingerprint: 'a'.repeat(64) })).toMatchObject({
    apiKeyFile: 'k',
    caFile: undefined,
    caFingerprint: 'a'.repeat(64),
  });
});

test('no key goes to another machine in plain text, unless somebody says so', async () => {
  const plain = 'http://es.example:9200';
  const refused = '--url: es.example:9200 would be sent the credentials in plain text';
  await expect(connectionOf({ url: [plain], apiKeyFile: 'k' })).rejects.toThrow(refused);
  await expect(connectionOf({ url: [plain], username: 'u', passwordFile: 'p' })).rejects.toThrow(refused);
  await using at = await configured();
  await expect(
    connectionOf({ url: [plain], config: at.config }),
    'the key of the configuration',
  ).rejects.toThrow(refused);
  for (const [url, options] of [
    [plain, {}],
    [plain, { apiKeyFile: 'k', allowPlaintext: true }],
    ['http://127.0.0.1:1', { apiKeyFile: 'k' }],
    ['https://es.example', { apiKeyFile: 'k' }],
  ] as const)
    expect((await connectionOf({ url: [url], ...options })).settings.urls).toEqual([url]);
});

test.each([
  [{ username: 'alice' }, '--username and --password-file: set both or none'],
  [{ passwordFile: 'p' }, '--username and --password-file: set both or none'],
  [{ apiKeyFile: 'k', username: 'alice', passwordFile: 'p' }, '--api-key-file: excludes'],
  [{ caFile: 'c', caFingerprint: 'a'.repeat(64) }, '--ca-fingerprint: excludes'],
])('options that say half, or two things at once, are refused: %j', async (options, why) => {
  await expect(connectionOf({ url: ['http://127.0.0.1:1'], ...options })).rejects.toThrow(why);
});

test.each([
  ['apiKeyFile', '--api-key-file: /nowhere cannot be read'],
  ['caFile', '--ca-file: /nowhere cannot be read'],
])('a file that cannot be read is named by its option: %s', async (option, why) => {
  const { settings } = await connectionOf({ url: ['https://127.0.0.1:1'], [option]: '/nowhere' });
  await expect(createClient(settings)).rejects.toThrow(why);
});
