import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, request } from '../../../agent/elasticsearch/index.ts';
import { standIn } from '../../kit/stand-in.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-client-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function secret(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

test('an API key is read from its file, without the newline that editors leave', async () => {
  await using server = await standIn({ body: '{}' });
  const apiKeyFile = await secret('key', 'a2V5\n');
  const client = await createClient({ urls: [server.url], apiKeyFile, requestSeconds: 5 });
  await request(client, { method: 'GET', path: '/x' });
  expect(server.requests[0]?.headers).toMatchObject({
    authorization: 'ApiKey a2V5',
    accept: 'application/json',
    'content-type': 'application/json',
  });
});

test('a key that is refused is read again, and a renewed one is sent at once, but no more than once', async () => {
  await using server = await standIn({ status: 401, body: '{}' });
  const apiKeyFile = await secret('renewed', 'revoked');
  const client = await createClient({ urls: [server.url], apiKeyFile, requestSeconds: 5 });
  await secret('renewed', 'valid');
  await expect(request(client, { method: 'GET', path: '/x' })).rejects.toMatchObject({
    code: 'unauthorized',
  });
  const keys = () => server.requests.map(({ headers }) => headers.authorization);
  expect(keys()).toEqual(['ApiKey revoked', 'ApiKey valid']);
  await expect(request(client, { method: 'GET', path: '/x' })).rejects.toMatchObject({
    code: 'unauthorized',
  });
  expect(keys()).toEqual(['ApiKey revoked', 'ApiKey valid', 'ApiKey valid']);
});

test('a key file that is replaced by what is no key is said with the refusal, and the key that was read last stays', async () => {
  await using server = await standIn({ status: 401, body: '{}' });
  const apiKeyFile = await secret('replaced', 'revoked');
  const client = await createClient({ urls: [server.url], apiKeyFile, requestSeconds: 5 });
  await secret('replaced', 'a new key');
  for (let i = 0; i < 2; i += 1)
    await expect(request(client, { method: 'GET', path: '/x' })).rejects.toThrow(
      /^GET \/x: 401 \{\} \(and .*elasticsearch\.apiKeyFile: \S+ holds no API key: wanted is /u,
    );
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    'ApiKey revoked',
    'ApiKey revoked',
  ]);
});

test('a username goes with the password of its file', async () => {
  await using server = await standIn({ body: '{}' });
  const passwordFile = await secret('password', ' pass word\r\n');
  const client = await createClient({ urls: [server.url], username: 'u', passwordFile, requestSeconds: 5 });
  await request(client, { method: 'GET', path: '/x' });
  expect(server.requests[0]?.headers.authorization).toBe(`Basic ${btoa('u:pass word')}`);
});

test('a secret or certificate that is missing or empty is named with its key and file', async () => {
  const urls = ['http://127.0.0.1:1'];
  const empty = await secret('empty', '\n');
  const missing = join(folder, 'missing');
  const cases = [
    [{ apiKeyFile: missing }, `elasticsearch.apiKeyFile: ${missing} cannot be read: ENOENT`],
    [{ apiKeyFile: empty }, `elasticsearch.apiKeyFile: ${empty} is empty`],
    [{ username: 'u', passwordFile: missing }, `elasticsearch.passwordFile: ${missing} cannot be read`],
    [{ caFile: missing }, `elasticsearch.caFile: ${missing} cannot be read`],
  ] as const;
  for (const [settings, message] of cases)
    await expect(createClient({ urls, requestSeconds: 5, ...settings })).rejects.toMatchObject({
      code: 'settings',
      message: expect.stringContaining(message) as unknown,
    });
});

test('a path in the URL is kept, as for a server behind a proxy', async () => {
  await using server = await standIn({ body: '{}' });
  const client = await createClient({ urls: [`${server.url}/es/`], requestSeconds: 5 });
  await request(client, { method: 'GET', path: '/_x', query: { a: 'b c' } });
  expect(server.requests[0]?.path).toBe('/es/_x?a=b%20c');
});
