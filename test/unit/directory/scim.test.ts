import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Directories, directoriesSchema } from '../../../agent/directory/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { enterprise, ScimServer } from './scimmy-server.ts';
import type { ScimUser } from './scimmy-server.ts';

const signal = new AbortController().signal;
const now = () => new Date('2026-11-30T10:00:00Z');

function user(n: number): ScimUser {
  return {
    id: String(n),
    userName: `person-${n}`,
    displayName: `Pérson ${n}`,
    active: n % 10 !== 0,
    emails: [
      { value: `p${n}@home.test`, type: 'home' },
      { value: `person-${n}@example.test`, type: 'work', primary: true },
    ],
    [enterprise]: { department: `d${n % 7}`, manager: { value: '1', displayName: 'Pérson 1' } },
  };
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ScimServer;
let token = '';
beforeAll(async () => {
  folder = await temporaryFolder();
  token = join(folder.path, 'token');
  await writeFile(token, 'only-for-tests\n');
  server = await ScimServer.start([]);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
beforeEach(() => {
  server.users = Array.from({ length: 250 }, (_, i) => user(i + 1));
  server.faults = [];
  server.asked = [];
  server.onAsked = () => undefined;
});

function directories(scim: object = {}, more: object = {}): Directories {
  const settings = directoriesSchema.parse([
    { name: 'idp', scim: { url: server.url, tokenFile: token, ...scim }, ...more },
  ]);
  return new Directories({ settings, now });
}

/** Of the one directory. */
async function refresh(people: Directories) {
  return (await people.refresh(signal))[0]!;
}

test('all users are read, page after page, with the token of the file', async () => {
  const people = directories();
  expect(await refresh(people)).toEqual({ outcome: 'changed', people: 250 });
  expect(people.find('person-201')).toEqual({
    status: 'known',
    entry: {
      names: ['person-201', 'person-201@example.test', 'p201@home.test'],
      fields: {
        full_name: 'Pérson 201',
        email: 'person-201@example.test',
        department: 'd5',
        manager: 'Pérson 1',
        employment: 'true',
      },
    },
  });
  expect(people.find('person-10').entry?.fields['employment']).toBe('false');
  expect(server.asked.map(({ url }) => new URL(url, server.url).searchParams.get('startIndex'))).toEqual([
    '1',
    '101',
    '201',
  ]);
  expect(new Set(server.asked.map(({ authorization }) => authorization))).toEqual(
    new Set(['Bearer only-for-tests']),
  );
  expect(await refresh(people)).toEqual({ outcome: 'same', people: 250 });
});

test('a filter is the server’s to understand', async () => {
  const people = directories({ filter: 'active eq false' });
  expect(await refresh(people)).toEqual({ outcome: 'changed', people: 25 });
});

test('a filter that it does not understand is a failure', async () => {
  expect(await refresh(directories({ filter: 'active like' }))).toMatchObject({
    outcome: 'failed',
    error: { code: 'bad-response', message: expect.stringContaining('answers 400') },
  });
});

test('a token that was renewed counts at the next look', async () => {
  const people = directories();
  await writeFile(token, 'an old one');
  expect(await refresh(people)).toMatchObject({ outcome: 'failed', error: { code: 'refused' } });
  expect(people.find('person-1').status).toBe('unavailable');
  await writeFile(token, 'only-for-tests');
  expect(await refresh(people)).toMatchObject({ outcome: 'changed' });
  await rm(token);
  expect(await refresh(people)).toMatchObject({ outcome: 'failed', error: { code: 'settings' } });
  expect(people.find('person-1').status).toBe('known');
  await writeFile(token, 'only-for-tests');
});

test('a busy server is asked again, as late as it says', async () => {
  server.faults = [
    { status: 429, headers: { 'retry-after': '0' } },
    { status: 503, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' } },
  ];
  expect(await refresh(directories())).toMatchObject({ outcome: 'changed', people: 250 });
  expect(server.asked.length).toBe(5);
});

test.each([
  ['that is busy for an hour', [{ status: 429, headers: { 'retry-after': '3600' } }], 'answers 429'],
  [
    'that is busy without end',
    Array.from({ length: 9 }, () => ({ status: 429, headers: { 'retry-after': '0' } })),
    '429',
  ],
  ['that answers something else', [{ status: 200, body: '<html>' }], 'no list of users'],
  [
    'that answers a list of others',
    [{ status: 200, body: '{"totalResults":1,"Resources":["x"]}' }],
    'no list of users',
  ],
  [
    'that has more than it gives',
    [{ status: 200, body: '{"totalResults":7,"Resources":[]}' }],
    'gives 0 of 7',
  ],
  ['that sends elsewhere', [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }], 'redirect'],
  ['that is not there', [{ status: 404 }], 'answers 404'],
])('a server %s changes nothing', async (_, faults, message) => {
  const people = directories();
  await refresh(people);
  server.asked = [];
  server.faults = faults;
  expect(await refresh(people)).toMatchObject({
    outcome: 'failed',
    error: { message: expect.stringContaining(message) },
  });
  expect(people.find('person-1').status).toBe('known');
});

test('users that come while pages are read are read from the beginning', async () => {
  let answers = 0;
  server.onAsked = () => {
    answers += 1;
    if (answers === 2) server.users = [user(1000), ...server.users];
  };
  const people = directories();
  expect(await refresh(people)).toEqual({ outcome: 'changed', people: 251 });
  expect(people.find('person-100').status).toBe('known');
});

test('a number of users that never stays is given up', async () => {
  server.onAsked = () => {
    server.users = [user(1000 + server.users.length), ...server.users];
  };
  expect(await refresh(directories())).toMatchObject({ outcome: 'failed', error: { code: 'bad-response' } });
});

test('more users than may be held are refused', async () => {
  expect(await refresh(directories({}, { peopleMax: 249 }))).toMatchObject({
    outcome: 'failed',
    error: { code: 'too-large' },
  });
});

test('who stops waiting is not held up', async () => {
  const controller = new AbortController();
  server.faults = [{ status: 429, headers: { 'retry-after': '200' } }];
  const refreshing = directories().refresh(controller.signal);
  await expect.poll(() => server.asked.length).toBe(1);
  controller.abort(new Error('stopped'));
  await expect(refreshing).rejects.toThrow('stopped');
});
