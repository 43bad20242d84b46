import { expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../../../agent/config/index.ts';

function problemsOf(directories: unknown): readonly string[] {
  const text = JSON.stringify({
    cluster: 'prod',
    sources: [{ name: 'kube-apiserver', path: '/var/log/kubernetes/audit.log' }],
    elasticsearch: { urls: ['https://elasticsearch:9200'] },
    identity: { directories },
  });
  try {
    parseConfig('auditseal.yaml', text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const ldap = { url: 'ldaps://ldap.example', base: 'dc=example' };
const scim = { url: 'https://scim.example/v2' };
const file = { path: '/etc/auditseal/people.csv' };

test.each([
  [{ file }],
  [{ ldap }],
  [{ scim }],
  [{ ldap: { ...ldap, url: 'ldap://ldap.example', startTls: true } }],
  [{ ldap: { ...ldap, url: 'ldap://127.0.0.1:389' } }],
  [{ ldap: { ...ldap, url: 'ldap://ldap.example', allowPlaintext: true } }],
  [{ scim: { url: 'http://localhost/scim' } }],
  [{ file, names: ['login'], fields: { cost_center: 'cc' } }],
])('%j is a directory', (one) => {
  expect(problemsOf([{ name: 'staff', ...one }])).toEqual([]);
});

test.each([
  [{}, 'identity.directories.0: must have one of file, ldap and scim'],
  [{ file, ldap }, 'identity.directories.0: must have one of'],
  [{ file: { path: 'people.csv' } }, 'identity.directories.0.file.path: must be an absolute path'],
  [{ file: { path: '/people.txt' } }, 'identity.directories.0.file.path: must end with'],
  [
    { ldap: { ...ldap, url: 'ldap://ldap.example' } },
    'identity.directories.0.ldap.url: would be sent the password',
  ],
  [{ ldap: { ...ldap, url: 'https://ldap.example' } }, 'identity.directories.0.ldap.url: must be an ldap'],
  [
    { ldap: { ...ldap, url: 'ldaps://a:b@ldap.example' } },
    'identity.directories.0.ldap.url: must have no credentials',
  ],
  [
    { ldap: { ...ldap, url: 'ldaps://ldap.example/dc=x' } },
    'identity.directories.0.ldap.url: must be host and port',
  ],
  [{ ldap: { ...ldap, bindDn: 'cn=a' } }, 'identity.directories.0.ldap.passwordFile: goes with bindDn'],
  [{ ldap: { ...ldap, password: 'x' } }, 'identity.directories.0.ldap.password: is not a key'],
  [{ ldap: { ...ldap, startTls: true } }, 'identity.directories.0.ldap.startTls: is for ldap URLs'],
  [
    { ldap: { ...ldap, url: 'ldap://127.0.0.1', caFile: '/ca.pem' } },
    'identity.directories.0.ldap.caFile: needs an ldaps URL',
  ],
  [{ scim: { url: 'http://scim.example' } }, 'identity.directories.0.scim.url: would be sent the token'],
  [{ scim: { ...scim, token: 'x' } }, 'identity.directories.0.scim.token: is not a key'],
  [{ file, fields: { status: 'x' } }, 'identity.directories.0.fields'],
  [{ file, fields: { 'A.b': 'x' } }, 'identity.directories.0.fields'],
  [{ file, refreshSeconds: 1 }, 'identity.directories.0.refreshSeconds: '],
  [{ file, name: 'Staff' }, 'identity.directories.0.name: must be 1 to 40'],
])('%j is refused by the path of its key', (one, problem) => {
  expect(problemsOf([{ name: 'staff', ...one }]).join('\n')).toContain(problem);
});

test('names of directories are used once', () => {
  expect(
    problemsOf([
      { name: 'staff', file },
      { name: 'staff', file },
    ]),
  ).toEqual(['identity.directories.1.name: is used twice: staff']);
});
