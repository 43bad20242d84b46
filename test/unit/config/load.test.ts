import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../kit/agent/programs.ts';
import { ConfigError, configText, parseConfig } from '../../../agent/config/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { Cosigner } from '../../kit/witness.ts';

const least = `
cluster: prod
sources: [{ name: kube-apiserver, path: /var/log/kubernetes/audit.log }]
elasticsearch: { urls: ['https://elasticsearch:9200'] }
`;

function problemsOf(text: string): readonly string[] {
  try {
    parseConfig('auditseal.yaml', text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('cluster, a source and a URL are enough', () => {
  const config = parseConfig('auditseal.yaml', least);
  expect(config).toMatchObject({
    batchBytesMax: 4_194_304,
    batchEventsMax: 10_000,
    commitsPerSecondMax: 1,
    elasticsearch: { namespace: 'auditseal', retentionDays: 400 },
  });
  expect(
    parseConfig('again.yaml', configText(config)),
    'the effective text is a configuration of its own',
  ).toEqual(config);
});

const told = (endpoint: object) => `${least}notifications: ${JSON.stringify({ endpoints: [endpoint] })}\n`;

test.each([
  ['urlFile', { type: 'slack' }],
  ['url', { type: 'slack', url: 'https://hooks.example/s3cret' }],
  ['url', { type: 'webhook', keyFile: '/key' }],
  ['keyFile', { type: 'webhook', url: 'https://x.example' }],
  ['routingKeyFile', { type: 'pagerduty' }],
  ['keyFile', { type: 'alertmanager', url: 'https://x.example', keyFile: '/key' }],
  ['url', { type: 'alertmanager', url: 'http://alertmanager:9093' }],
  ['url', { type: 'alertmanager', url: 'https://a:b@x.example' }],
  ['proxy', { type: 'alertmanager', url: 'http://a', allowPrivateAddresses: true, proxy: 'http://p' }],
  ['passwordFile', { type: 'alertmanager', url: 'https://x.example', username: 'a' }],
  ['minSeverity', { type: 'alertmanager', url: 'https://x.example', minSeverity: 'urgent' }],
])('an endpoint whose keys do not go together is refused with the key: %s of %j', (key, endpoint) => {
  expect(problemsOf(told({ name: 'a', ...endpoint })).join('\n')).toContain(
    `notifications.endpoints.0.${key}: `,
  );
});

const witness = (name: string) => ({ url: 'https://w.example', vkey: new Cosigner(name).vkey });

test.each([
  ['witnesses.1.vkey', { witnesses: [witness('a.example'), witness('a.example')] }],
  ['witnesses.0.vkey', { witnesses: [{ ...witness('a.example'), vkey: 'a.example+00000000+BAAA' }] }],
  ['witnesses.0.url', { witnesses: [{ ...witness('a.example'), url: 'https://a:b@w.example' }] }],
  ['quorum', { witnesses: [witness('a.example')], quorum: 2 }],
  ['timeStamps.url', { timeStamps: { url: 'file:///etc/passwd' } }],
])('witnesses that cannot be used are refused with the key: %s', (key, more) => {
  expect(problemsOf(`${least}${stringify(more)}`).join('\n')).toContain(`${key}: `);
});

test.each([
  ['an unknown key', `${least}sealing: off\n`, 'sealing: is not a key that auditseal knows'],
  [
    'an unknown nested key',
    least.replace('urls:', 'url: x, urls:'),
    'elasticsearch.url: is not a key that auditseal knows',
  ],
  ['a value out of range', `${least}batchEventsMax: 10001\n`, 'batchEventsMax: '],
  ['a relative path', least.replace('/var/log', 'var/log'), 'sources.0.path: must be an absolute path'],
  [
    'a pattern in the place of a log',
    least.replace('/var/log/kubernetes/audit.log', "'/var/log/kubernetes/*.log'"),
    'sources.0.path: must be the path of one file, no pattern',
  ],
  [
    'a folder in the place of a log',
    least.replace('/audit.log', '/'),
    'sources.0.path: must be the path of a file, no folder',
  ],
  [
    'the standard output of the apiserver',
    least.replace('/var/log/kubernetes/audit.log', '/dev/stdout'),
    'sources.0.path: must be the path of a file that stays',
  ],
  [
    'another name of it',
    least.replace('/var/log/kubernetes/audit.log', '/var/..//proc/self/fd/1'),
    'sources.0.path: must be the path of a file that stays',
  ],
  [
    'a compressed backup in the place of the live log',
    least.replace('audit.log', 'audit.log.gz'),
    'sources.0.path: must be the path of the live file, which is never compressed',
  ],
  [
    'a path that no system has',
    least.replace('/var/log/kubernetes/audit.log', String.raw`"/var/log/\0"`),
    'sources.0.path: must hold no NUL',
  ],
  [
    'two sources of one name',
    least.replace('audit.log }]', 'audit.log }, { name: kube-apiserver, path: /b }]'),
    'sources.1.name: is used twice',
  ],
  [
    'two sources of one path, however it is written',
    least.replace(
      'audit.log }]',
      'audit.log }, { name: other, path: /var/log/../log/kubernetes//audit.log }]',
    ),
    'sources.1.path: is that of kube-apiserver already: every event would be there twice',
  ],
  ['a name that is a folder', least.replace('prod', '..'), 'cluster: must not be . or ..'],
  ['a node that is a folder', `${least}node: .\n`, 'node: must not be . or ..'],
  [
    'a source whose state would lie in the state folder itself',
    least.replace('name: kube-apiserver', 'name: ..'),
    'sources.0.name: must not be . or ..',
  ],
  [
    'a name that no folder can have',
    least.replace('prod', 'a'.repeat(254)),
    'cluster: must have at most 253',
  ],
  [
    'a namespace with a character that turns the reading direction',
    least.replace("9200']", `9200'], namespace: "a\u202Eb"`),
    'elasticsearch.namespace: must be a data stream namespace',
  ],
  ['a name that would break an origin', least.replace('prod', 'a/b'), 'cluster: must be letters'],
  [
    'a password without a user',
    least.replace("9200']", "9200'], passwordFile: /p"),
    'elasticsearch.passwordFile: goes with username',
  ],
  [
    'a URL with a password, which would be sealed into the log',
    least.replace('//elastic', '//u:p@elastic'),
    'elasticsearch.urls.0: must have no credentials',
  ],
  [
    'a URL of another kind',
    least.replace('https:', 'ftp:'),
    'elasticsearch.urls.0: must be an http or https',
  ],
  [
    'a proxy URL with a password',
    least.replace("9200']", "9200'], proxy: 'http://u:p@proxy:3128'"),
    'elasticsearch.proxy: must have no credentials',
  ],
  [
    'credentials for a proxy that is not set',
    least.replace("9200']", "9200'], proxyUsername: u, proxyPasswordFile: /p"),
    'elasticsearch.proxyUsername: goes with proxy',
  ],
  [
    'a proxy user without a password',
    least.replace("9200']", "9200'], proxy: 'http://proxy:3128', proxyUsername: u"),
    'elasticsearch.proxyPasswordFile: goes with proxyUsername',
  ],
  [
    'a fingerprint that is not one of SHA-256',
    least.replace("9200']", "9200'], caFingerprint: 'ab:cd'"),
    'elasticsearch.caFingerprint: must be the SHA-256',
  ],
  [
    'two things to trust',
    least.replace("9200']", `9200'], caFile: /ca.pem, caFingerprint: '${'ab'.repeat(32)}'`),
    'elasticsearch.caFingerprint: excludes caFile',
  ],
  [
    'a CA for connections without TLS',
    least.replace("9200']", "9200', 'http://b:9200'], caFile: /ca.pem"),
    'elasticsearch.caFile: needs URLs that begin with https',
  ],
  [
    'a key that would cross a network in plain text',
    least.replace("9200']", "9200', 'http://b.example:9200'], apiKeyFile: /key"),
    'elasticsearch.urls: b.example:9200 would be sent the credentials',
  ],
  [
    'a lookup key that would',
    least.replace("9200']", "9200', 'HTTP://127.0.0.1.example'], lookupApiKeyFile: /key"),
    'elasticsearch.urls: 127.0.0.1.example would be sent the credentials',
  ],
  [
    'a password that would',
    least.replace("9200']", "9200', 'http://10.0.0.1:9200'], username: u, passwordFile: /p"),
    'elasticsearch.urls: 10.0.0.1:9200 would be sent the credentials',
  ],
  ['what is no YAML', 'cluster: [', '(file): is not YAML: '],
])('%s is refused by its path', (_name, text, problem) => {
  expect(problemsOf(text).join('\n')).toContain(problem);
});

test.each([
  ['loopback', "9200', 'http://127.0.0.1:9200', 'http://[::1]:9200', 'http://localhost'], apiKeyFile: /key"],
  ['no credentials', "9200', 'http://b.example:9200']"],
  ['who says so', "9200', 'http://b.example:9200'], apiKeyFile: /key, allowPlaintext: true"],
])('plain http is accepted for %s', (_name, urls) => {
  expect(problemsOf(least.replace("9200']", urls))).toEqual([]);
});

test('a path with odd but honest names is a log', () => {
  for (const path of ['/dev/shm/audit.log', '/var/log/kube apiserver/audit{1}.log', '/procedures/gz'])
    expect(problemsOf(least.replace('/var/log/kubernetes/audit.log', `'${path}'`))).toEqual([]);
});

test('a node name of the environment is looked at as one of the file is', () => {
  vi.stubEnv('NODE_NAME', '..');
  expect(problemsOf(least)).toEqual([expect.stringContaining('node: must not be . or ..')]);
  vi.unstubAllEnvs();
});

test.each([
  ['200,000 nested brackets', 'cluster: '.concat('['.repeat(200_000)), 'nests more than 50 levels deep'],
  [
    'aliases that multiply',
    `a: &a [x, x, x, x]\n${Array.from({ length: 8 }, (_, i) => {
      const [from, to] = ['abcdefghi'[i]!, 'abcdefghi'[i + 1]!];
      return `${to}: &${to} [*${from}, *${from}, *${from}, *${from}, *${from}, *${from}, *${from}, *${from}]`;
    }).join('\n')}`,
    'has aliases that multiply',
  ],
  ['a file that is too large', `# ${'x'.repeat(300 * 1024)}\n${least}`, 'has more than 256 KiB'],
  ['a file that is no text', Buffer.from([0xff, 0xfe, 0x63, 0x00]), 'is not text in UTF-8'],
])('%s end every command that reads a configuration with 78 and a sentence', async (_name, text, why) => {
  await using place = await temporaryFolder();
  const file = join(place.path, 'auditseal.yaml');
  await writeFile(file, text);
  for (const command of ['run', 'validate', 'status', 'who']) {
    const { code, stderr } = await run([command, '--config', file]);
    expect({ command, code }).toEqual({ command, code: 78 });
    expect(stderr).toContain(`(file): ${why}`);
    expect(stderr, 'no stack trace').not.toMatch(/^\s+at /mu);
  }
  const { code, stderr } = await run(['verify', '--config', file]);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(why) as unknown });
});

test('a policy within a configuration is held to the same bounds', async () => {
  await using place = await temporaryFolder();
  const file = join(place.path, 'auditseal.yaml');
  const policyFile = join(place.path, 'policy.yaml');
  await writeFile(file, `${least}policyFile: ${policyFile}\n`);
  for (const [text, why] of [
    ['['.repeat(200_000), 'nests more than 50 levels deep'],
    ['x'.repeat(300 * 1024), 'has more than 256 KiB'],
  ] as const) {
    await writeFile(policyFile, text);
    const { code, stderr } = await run(['validate', '--config', file]);
    expect(code).toBe(78);
    expect(stderr).toContain(why);
  }
});

test('run ends with 78 and every wrong key before anything is touched', async () => {
  await using place = await temporaryFolder();
  const file = join(place.path, 'auditseal.yaml');
  await writeFile(file, `${least}stateDir: ${join(place.path, 'state')}\nbatchSeconds: soon\nsealing: off\n`);
  const { code, stderr } = await run(['run', '--config', file]);
  expect(code).toBe(78);
  expect(stderr).toContain('batchSeconds: ');
  expect(stderr).toContain('sealing: is not a key');
  expect(await readdir(place.path)).toEqual(['auditseal.yaml']);
});

test('a policy that cannot be used ends run and validate with 78 and its path', async () => {
  await using place = await temporaryFolder();
  const file = join(place.path, 'auditseal.yaml');
  const policyFile = join(place.path, 'policy.yaml');
  await writeFile(file, `${least}stateDir: ${join(place.path, 'state')}\npolicyFile: ${policyFile}\n`);
  await writeFile(policyFile, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Nothing }]\n');
  for (const command of ['run', 'validate']) {
    const { code, stderr } = await run([command, '--config', file]);
    expect({ command, code }).toEqual({ command, code: 78 });
    expect(stderr).toContain('rules[0].level');
  }
});

function run(args: string[]): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], (_error, _stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stderr }),
    );
  });
}

const valueOf = (key: string, text: string) =>
  (parseConfig('auditseal.yaml', `${least}${key}: ${text}\n`) as Record<string, unknown>)[key];

describe('sizes and times as people write them', () => {
  test.for([
    ['spoolBytesMax', '2Gi', 2 ** 31],
    ['spoolBytesMax', '1.5Gi', 1.5 * 2 ** 30],
    ['batchBytesMax', '500k', 500_000],
    ['entryBytesMax', '8388608', 8_388_608],
    ['batchSeconds', '2500ms', 2.5],
    ['batchSeconds', '5s', 5],
    ['heartbeatSeconds', '1h30m', 5400],
    ['epochDays', '36h', 1.5],
    ['pollMilliseconds', '1s', 1000],
  ] as const)('%s: %s', ([key, text, value]) => {
    expect(valueOf(key, text)).toBe(value);
  });

  test('in a section, too', () => {
    const text = `${least}requestReceived: {bytesMax: 1Mi, minutes: 90s}\n`;
    expect(parseConfig('auditseal.yaml', text).requestReceived).toMatchObject({
      bytesMax: 2 ** 20,
      minutes: 1.5,
    });
  });

  test.for([
    ['batchBytesMax', '1Ki', 'batchBytesMax: '],
    [
      'batchBytesMax',
      '4MiB',
      'batchBytesMax: Invalid input: expected number, received string (a number of bytes, or one as 512Mi)',
    ],
    ['batchBytesMax', '-1Mi', '(a number of bytes, or one as 512Mi)'],
    ['heartbeatSeconds', '1500ms', 'heartbeatSeconds: Invalid input: expected int'],
    [
      'batchSeconds',
      'soon',
      'expected number, received string (a number of seconds, or a time as 90s, 5m or 1h30m)',
    ],
    ['batchSeconds', '5 s', '(a number of seconds, or a time as 90s, 5m or 1h30m)'],
    ['logLevel', '5s', 'logLevel: '],
  ] as const)('%s: %s is refused', ([key, text, problem]) => {
    expect(() => valueOf(key, text)).toThrow(problem);
  });
});
