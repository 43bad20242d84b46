import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Directories, directoriesSchema } from '../../../agent/directory/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { Authority } from '../../kit/certificates.ts';
import { describeReal } from '../../kit/real.ts';
import { base, password, reader, Slapd } from '../../kit/slapd.ts';
import { Recorder } from './recording.ts';

const signal = new AbortController().signal;
const now = () => new Date();
const fields = {
  full_name: 'displayName',
  email: 'mail',
  department: 'departmentNumber',
  manager: 'manager',
  employment: 'employeeType',
};

describeReal('a real slapd with 5,000 people', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let slapd: Slapd;
  let authority: Authority;

  beforeAll(async () => {
    folder = await temporaryFolder();
    authority = await Authority.make(folder.path, 'ca');
    const { key, cert } = await authority.identity('server', 'IP:127.0.0.1');
    const tls = { cert: join(folder.path, 'slapd.crt'), key: join(folder.path, 'slapd.key') };
    await writeFile(tls.cert, cert);
    await writeFile(tls.key, key);
    await writeFile(join(folder.path, 'password'), `${password}\n`);
    slapd = await Slapd.start({ folder: join(folder.path, 'slapd'), people: 5000, tls });
  });
  afterAll(async () => {
    await slapd[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  function directories(ldap: object, more: object = {}, cacheFolder?: string): Directories {
    const passwordFile = join(folder.path, 'password');
    const all = { url: slapd.url, base, bindDn: reader, passwordFile, ...ldap };
    const settings = directoriesSchema.parse([{ name: 'staff', fields, ldap: all, ...more }]);
    return new Directories({ settings, now, cacheFolder });
  }

  test.each([
    ['in plain text', () => ({})],
    ['over ldaps', () => ({ url: slapd.tlsUrl, caFile: authority.file })],
    ['over StartTLS', () => ({ startTls: true, caFile: authority.file })],
    ['in pages of 7', () => ({ pageSize: 7 })],
  ])('is read whole %s', async (_, ldap) => {
    const people = directories(ldap());
    expect(await people.refresh(signal)).toEqual([{ outcome: 'changed', people: 5000 }]);
    expect(people.find('person-4999@example.test').entry).toEqual({
      names: ['person-4999', 'person-4999@example.test'],
      fields: {
        full_name: 'Pérson 4999',
        email: 'person-4999@example.test',
        department: '1',
        manager: `uid=person-1,ou=people,${base}`,
        employment: 'active',
      },
    });
    expect(await people.refresh(signal)).toEqual([{ outcome: 'same', people: 5000 }]);
  });

  test.each([
    ['a certificate of another CA', () => ({ url: slapd.tlsUrl }), 'unreachable', 'certificate'],
    ['StartTLS under another CA', () => ({ startTls: true }), 'unreachable', 'certificate'],
    [
      'a certificate for another host',
      () => ({ startTls: true, caFile: authority.file, url: slapd.url.replace('127.0.0.1', 'localhost') }),
      'unreachable',
      'does not match certificate',
    ],
    ['a wrong password', () => ({ bindDn: `cn=nobody,${base}` }), 'refused', 'bindDn and passwordFile'],
    ['a filter that is none', () => ({ filter: '(uid=' }), 'unreachable', 'cannot be asked'],
    ['a base that is not there', () => ({ base: 'dc=other' }), 'refused', 'LDAP result'],
    [
      'a password file that is not there',
      () => ({ passwordFile: '/none' }),
      'settings',
      'passwordFile: /none',
    ],
  ])('%s is told, and nobody is known', async (_, ldap, code, message) => {
    const people = directories(ldap());
    const [refused] = await people.refresh(signal);
    expect(refused).toMatchObject({ outcome: 'failed', error: { code } });
    const said = refused?.outcome === 'failed' ? refused.error.message : '';
    expect(said).toContain(message);
    expect(said).not.toContain(password);
    expect(people.find('person-1').status).toBe('unavailable');
  });

  test('a server without the right to read gives nobody, as itself does', async () => {
    const people = directories({ bindDn: undefined, passwordFile: undefined });
    expect(await people.refresh(signal)).toMatchObject([{ outcome: 'failed', error: { code: 'refused' } }]);
  });

  test('more people than may be held are refused', async () => {
    const people = directories({}, { peopleMax: 4999 });
    expect(await people.refresh(signal)).toMatchObject([{ outcome: 'failed', error: { code: 'too-large' } }]);
  });

  test('the last people are there when the next agent starts, and the server does not answer', async () => {
    const cache = join(folder.path, 'cache');
    await mkdir(cache);
    await directories({}, {}, cache).refresh(signal);
    const { stdout } = await promisify(execFile)('stat', ['-c', '%a', join(cache, 'directory-staff.json')]);
    expect(stdout).toBe('600\n');
    expect(await readFile(join(cache, 'directory-staff.json'), 'utf8')).not.toContain(password);
    const next = directories({}, {}, cache);
    await next.load();
    expect(next.generation).toBe(1);
    expect(next.find('person-7').entry?.fields['department']).toBe('0');
    // Of another base the same names may be other people.
    const other = directories({ base: `ou=people,${base}` }, {}, cache);
    await other.load();
    expect(other.find('person-7').status).toBe('unavailable');
  });

  test('says what test/unit/directory/ldap.test.ts replays', async () => {
    await using small = await Slapd.start({ folder: join(folder.path, 'small'), people: 12 });
    const recorder = await Recorder.start(new URL(small.url));
    const people = directories({ url: recorder.url, pageSize: 5 });
    expect(await people.refresh(signal)).toEqual([{ outcome: 'changed', people: 12 }]);
    await recorder.stop();
    if (process.env['RECORD'] !== undefined)
      await writeFile(
        'test/kit/fixtures/identity/slapd.json',
        `${JSON.stringify(recorder.answers, null, 2)}\n`,
      );
  });
});
