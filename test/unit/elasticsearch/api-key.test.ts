import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Credentials, ElasticsearchError } from '../../../agent/elasticsearch/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

// As Elasticsearch makes them: base64url of 15 and 16 bytes.
const id = 'VuaCfGcBCdbkQm-e5aOx';
const secret = 'ui2lp2axTNmsyakw9tvNnw';
const encoded = Buffer.from(`${id}:${secret}`).toString('base64');
const answer = {
  id,
  name: 'auditseal-agent-auditseal',
  expiration: 1_900_000_000_000,
  api_key: secret,
  encoded,
};

async function read(text: string): Promise<string | undefined> {
  await using folder = await temporaryFolder();
  const apiKeyFile = join(folder.path, 'api-key');
  await writeFile(apiKeyFile, text);
  return (await Credentials.read({ apiKeyFile })).header;
}

test.each([
  ['the encoded key', encoded],
  ['with a newline and a byte order mark', `\uFEFF${encoded}\r\n`],
  ['id:api_key, as Beats want it', `${id}:${secret}\n`],
  ['the answer to a created key', JSON.stringify(answer, null, 2)],
  ['the answer of an Elasticsearch that does not encode', JSON.stringify({ ...answer, encoded: undefined })],
  ['the encoded key in quotes', `"${encoded}"\n`],
  ['id:api_key in quotes', `'${id}:${secret}'`],
])('%s is understood', async (_name, text) => {
  expect(await read(text)).toBe(`ApiKey ${encoded}`);
});

test('an opaque word, as Elastic Cloud gives them, is sent as it is', async () => {
  expect(await read('essu_VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==AAAAAA\n')).toMatch(
    /^ApiKey essu_V/u,
  );
});

test.each([
  ['two words', `${id} ${secret}`],
  ['two lines', `${id}\n${secret}`],
  ['three parts', `${id}:${secret}:x`],
  ['an empty part', `${id}:`],
  ['a line of YAML', `apiKey: ${secret}`],
  ['a header', `Authorization: ApiKey ${encoded}`],
  ['JSON of something else', JSON.stringify({ apiKey: secret })],
  ['JSON that is cut', JSON.stringify(answer).slice(0, -20)],
  ['an answer whose key is none', JSON.stringify({ ...answer, encoded: `${encoded}\nx: y` })],
  ['one quote', `"${encoded}`],
  ['letters beyond ASCII', `${encoded}ü`],
])('%s: refused with the forms that are wanted, and without a word of it', async (_name, text) => {
  const error: unknown = await read(text).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ElasticsearchError);
  const { message, code } = error as ElasticsearchError;
  expect(code).toBe('settings');
  expect(message).toMatch(
    /^elasticsearch\.apiKeyFile: \S+\/api-key holds no API key: wanted is the field "encoded"/u,
  );
  expect(message).toContain('id:api_key');
  for (const part of [id, secret, encoded.slice(0, 12)]) expect(message).not.toContain(part);
});
