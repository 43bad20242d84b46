import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Directories, directoriesSchema } from '../../../agent/directory/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { Replayed } from './recording.ts';

const signal = new AbortController().signal;
const now = () => new Date('2026-11-30T10:00:00Z');
const base = 'dc=example,dc=test';

/** What a real slapd said, recorded by ldap.real.test.ts. */
const answers = JSON.parse(await readFile('test/kit/fixtures/identity/slapd.json', 'utf8')) as string[];

async function directoryOf(url: string, folder: string, cacheFolder?: string): Promise<Directories> {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, 'only for tests\n');
  const ldap = { url, base, bindDn: `cn=reader,${base}`, passwordFile, pageSize: 5 };
  const fields = { full_name: 'displayName', department: 'departmentNumber' };
  return new Directories({
    settings: directoriesSchema.parse([{ name: 'corp', ldap, fields }]),
    now,
    cacheFolder,
  });
}

test('people of several pages are found, and are there at the next start while the server is away', async () => {
  await using folder = await temporaryFolder();
  let url = '';
  {
    await using server = await Replayed.start(answers);
    url = server.url;
    const people = await directoryOf(url, folder.path, folder.path);
    expect(await people.refresh(signal)).toEqual([{ outcome: 'changed', people: 12 }]);
    expect(people.find('person-11@example.test')).toEqual({
      status: 'known',
      entry: {
        names: ['person-11', 'person-11@example.test'],
        fields: { full_name: 'Pérson 11', department: '4' },
      },
    });
  }
  const next = await directoryOf(url, folder.path, folder.path);
  await next.load();
  expect(next.generation).toBe(1);
  expect(next.all[0]!.readAt).toEqual(now());
  expect(await next.refresh(signal)).toMatchObject([{ outcome: 'failed', error: { code: 'unreachable' } }]);
  expect(next.find('person-11').entry?.fields['full_name']).toBe('Pérson 11');
  expect(next.generation).toBe(1);
});

test('a cache that somebody broke is none', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'directory-corp.json'), '{"version":1');
  const people = await directoryOf('ldap://127.0.0.1:1', folder.path, folder.path);
  await people.load();
  expect(people.find('person-1').status).toBe('unavailable');
});

test('who stops waiting is not held up by a server that does not go on', async () => {
  await using folder = await temporaryFolder();
  await using server = await Replayed.start(answers.slice(0, 2).map((answer) => answer.slice(0, 40)));
  const people = await directoryOf(server.url, folder.path);
  const controller = new AbortController();
  const refreshing = people.refresh(controller.signal);
  controller.abort(new Error('stopped'));
  await expect(refreshing).rejects.toThrow('stopped');
});
