import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Directories, directoriesSchema } from '../../../agent/directory/index.ts';
import type { Directory, Refreshed } from '../../../agent/directory/index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-directory-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const signal = new AbortController().signal;
let clock = new Date('2026-11-30T10:00:00Z');
const now = () => clock;

/** A directory of a file with this text. */
async function directoryOf(name: string, text: string, more: object = {}) {
  const path = join(folder, name);
  await writeFile(path, text);
  const settings = directoriesSchema.parse([{ name: 'staff', file: { path }, ...more }]);
  const refreshed: Refreshed[] = [];
  const onRefresh = (_: Directory, one: Refreshed) => refreshed.push(one);
  const directories = new Directories({ settings, now, onRefresh });
  const refresh = async () => (await directories.refresh(signal))[0]!;
  return { directories, path, refresh, refreshed };
}

const jane = {
  full_name: 'Jane Roe',
  email: 'jane@example.test',
  department: 'Sales',
  manager: 'bob',
  employment: 'active',
};
const csv = `name,full_name,email,department,manager,employment,shoe
jane,Jane Roe,jane@example.test,Sales,bob,active,39
bob,"Bob ""B"" Smith",,Board,,left,45
`;
const list = [
  { name: 'jane', ...jane, shoe: 39 },
  { name: 'bob', full_name: 'Bob "B" Smith', department: 'Board', employment: 'left', manager: null },
];

describe('a file of people', () => {
  test.each([
    ['people.csv', csv],
    ['people.json', JSON.stringify(list)],
    ['people.json', JSON.stringify({ people: list })],
    ['people.yaml', `people:\n${list.map((one) => `  - ${JSON.stringify(one)}`).join('\n')}\n`],
    ['people.yml', JSON.stringify(list)],
    ['bom.csv', `\u{FEFF}${csv}`],
  ])('%s: people are found by name and e-mail address', async (name, text) => {
    const { directories, refresh } = await directoryOf(name, text);
    expect(directories.find('jane').status).toBe('unavailable');
    expect(await refresh()).toEqual({ outcome: 'changed', people: 2 });
    expect(directories.find('jane')).toEqual({
      status: 'known',
      entry: { names: ['jane', 'jane@example.test'], fields: jane },
    });
    expect(directories.find('jane@example.test')).toEqual(directories.find('jane'));
    expect(directories.find('bob').entry?.fields).toEqual({
      full_name: 'Bob "B" Smith',
      department: 'Board',
      employment: 'left',
    });
    expect(directories.find('Jane')).toEqual({ status: 'unknown', entry: undefined });
  });

  test('has the names and fields that the configuration asks for', async () => {
    const { directories, refresh } = await directoryOf('mapped.csv', csv, {
      names: ['shoe'],
      fields: { login: 'name', shoe_size: 'shoe' },
      ignoreCase: true,
    });
    await refresh();
    expect(directories.find('39').entry).toEqual({
      names: ['39'],
      fields: { login: 'jane', shoe_size: '39' },
    });
  });

  test('that changes is there for the next event, and another generation; one that does not is neither', async () => {
    const { directories, path, refresh } = await directoryOf('changes.csv', csv);
    await refresh();
    const { generation } = directories;
    const before = directories.find('jane').entry;
    clock = new Date('2026-11-30T11:00:00Z');
    expect(await refresh()).toEqual({ outcome: 'same', people: 2 });
    expect(directories.find('jane').entry).toBe(before);
    expect(directories.all[0]!.readAt).toEqual(clock);
    // Written anew with the same people.
    await writeFile(path, csv.replace('39', '40'));
    expect(await refresh()).toEqual({ outcome: 'same', people: 2 });
    expect(directories.generation).toBe(generation);
    await writeFile(path, csv.replace('Sales', 'Legal'));
    expect(await refresh()).toEqual({ outcome: 'changed', people: 2 });
    expect(directories.generation).toBe(generation + 1);
    expect(directories.find('jane').entry?.fields['department']).toBe('Legal');
    expect(before?.fields['department']).toBe('Sales');
  });

  test.each([
    ['gone.csv', undefined, 'settings', 'cannot be read'],
    ['broken.json', '[{', 'bad-response', 'is no list'],
    ['broken.yaml', 'a: [', 'bad-response', 'is not YAML'],
    ['broken.csv', 'name,email\n"jane,x\n', 'bad-response', 'is not CSV: see line'],
    ['ragged.csv', 'name,email\na,b,secret-canary\n', 'bad-response', 'is not CSV: see line 2'],
    ['number.json', '7', 'bad-response', 'is no list'],
    ['texts.json', '["jane"]', 'bad-response', 'is no list'],
  ])('%s is refused, and the people of before stay', async (name, text, code, message) => {
    const { directories, path, refresh } = await directoryOf(
      name,
      name.endsWith('csv') ? csv : JSON.stringify(list),
    );
    await refresh();
    if (text === undefined) await rm(path);
    else await writeFile(path, text);
    const refused = await refresh();
    expect(refused).toMatchObject({ outcome: 'failed', error: { code } });
    const said = refused.outcome === 'failed' ? refused.error.message : '';
    expect(said).toContain(message);
    expect(said).not.toContain('canary');
    expect(directories.find('jane').status).toBe('known');
  });

  test('of more people than it may have is refused', async () => {
    const { refresh } = await directoryOf('many.csv', csv, { peopleMax: 1 });
    expect(await refresh()).toMatchObject({ outcome: 'failed', error: { code: 'too-large' } });
  });

  test('with long values and odd ones has what fits', async () => {
    const odd = [
      {
        name: 'a',
        full_name: 'x'.repeat(600),
        email: { a: 1 },
        department: ['', 'Sales'],
        manager: '\ud800',
      },
      { full_name: 'Nobody' },
      { name: '__proto__', full_name: 'P' },
    ];
    const { directories, refresh } = await directoryOf('odd.json', JSON.stringify(odd));
    expect(await refresh()).toEqual({ outcome: 'changed', people: 2 });
    expect(directories.find('a').entry?.fields).toEqual({ department: 'Sales', manager: '\u{FFFD}' });
    expect(directories.find('__proto__').entry?.fields).toEqual({ full_name: 'P' });
    expect(directories.find('constructor').status).toBe('unknown');
  });
});

test('a name that two people have is nobody’s: who can write himself into a directory must not become another', async () => {
  const two = 'name,email,full_name\njane,jane@example.test,Jane\nmallory,jane,Mallory\n';
  const { directories, refresh } = await directoryOf('two.csv', two);
  await refresh();
  expect(directories.find('jane')).toEqual({ status: 'ambiguous', entry: undefined });
  expect(directories.find('mallory').status).toBe('known');
});

test('case is told apart unless the configuration says otherwise', async () => {
  const { directories, refresh } = await directoryOf('case.csv', csv, { ignoreCase: true });
  await refresh();
  expect(directories.find('JANE@Example.test').entry?.fields['full_name']).toBe('Jane Roe');
});

test('of several directories the first that knows a person wins', async () => {
  const files = await Promise.all(
    [csv, 'name,full_name\njane,Another\neve,Eve\n'].map(async (text, n) => {
      const path = join(folder, `several-${n}.csv`);
      await writeFile(path, text);
      return { name: `d${n}`, file: { path } };
    }),
  );
  const directories = new Directories({
    settings: directoriesSchema.parse([...files, { name: 'gone', file: { path: join(folder, 'none.csv') } }]),
    now,
  });
  await directories.refresh(signal);
  expect(directories.find('jane').entry?.fields['full_name']).toBe('Jane Roe');
  expect(directories.find('eve').entry?.fields['full_name']).toBe('Eve');
  // One that was never read may know her.
  expect(directories.find('zoe').status).toBe('unavailable');
});

test('nothing is written beside a file', async () => {
  const { refresh } = await directoryOf('only.csv', csv);
  await refresh();
  expect(await readFile(join(folder, 'only.csv'), 'utf8')).toBe(csv);
});
