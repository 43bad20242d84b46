import { createServer } from 'node:https';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../agent/config/index.ts';
import { messageOf } from '../../../agent/notify/message.ts';
import { openEndpoints, testMessage } from '../../../agent/notify/index.ts';
import type { Endpoint } from '../../../agent/notify/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';
import { Authority } from '../../kit/certificates.ts';
import { standIn } from '../../kit/stand-in.ts';
import { alert } from './alerts.ts';

const at = new Date('2026-11-23T01:06:04Z');
const never = new AbortController().signal;
const signingKey = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** An endpoint with its files in `folder`; texts of members that end with File are what the file holds. */
async function endpointOf(folder: string, members: Record<string, unknown>): Promise<Endpoint> {
  await mkdir(folder, { recursive: true });
  const endpoint: Record<string, unknown> = { name: 'security', allowPrivateAddresses: true, ...members };
  for (const [key, value] of Object.entries(members))
    if (key.endsWith('File')) {
      endpoint[key] = join(folder, key);
      await writeFile(join(folder, key), `${String(value)}\n`);
    }
  const config = parseConfig(
    'auditseal.yaml',
    JSON.stringify({
      cluster: 'prod',
      sources: [{ name: 'kube-apiserver', path: '/var/log/audit.log' }],
      elasticsearch: { urls: ['https://elasticsearch:9200'] },
      notifications: { endpoints: [endpoint] },
    }),
  );
  return (await openEndpoints(config))[0]!;
}

const kinds = (url: string): [string, Record<string, unknown>][] => [
  ['webhook', { type: 'webhook', urlFile: `${url}/s3cret`, keyFile: signingKey }],
  ['slack', { type: 'slack', urlFile: `${url}/s3cret` }],
  ['alertmanager', { type: 'alertmanager', url: `${url}/prefix/`, bearerTokenFile: 't0ken' }],
  ['pagerduty', { type: 'pagerduty', url: `${url}/v2/enqueue`, routingKeyFile: 'R0UT1NG' }],
];

test('each kind is told by one request with its secrets, as its files have them at that time', async () => {
  await using place = await temporaryFolder();
  await using server = await standIn({ status: 202, body: 'ok' });
  for (const [name, members] of kinds(server.url)) {
    const endpoint = await endpointOf(join(place.path, name), members);
    expect(await endpoint.send(messageOf([alert()], at), 'whole', never)).toEqual({ kind: 'delivered' });
    await endpoint.close();
  }
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /s3cret',
    'POST /s3cret',
    'POST /prefix/api/v2/alerts',
    'POST /v2/enqueue',
  ]);
  expect(server.requests[2]!.headers.authorization).toBe('Bearer t0ken');
  const folder = join(place.path, 'slack-again');
  const endpoint = await endpointOf(folder, { type: 'slack', urlFile: `${server.url}/old` });
  await writeFile(join(folder, 'urlFile'), `${server.url}/new`);
  await endpoint.send(messageOf([alert()], at), 'whole', never);
  expect(server.requests.at(-1)!.path).toBe('/new');
  await endpoint.close();
});

test('a test says that nothing has happened, and leaves no incident open', async () => {
  await using place = await temporaryFolder();
  await using server = await standIn({ status: 202 });
  for (const [name, members] of kinds(server.url)) {
    const endpoint = await endpointOf(join(place.path, name), members);
    expect(await endpoint.send(testMessage(at), 'whole', never)).toEqual({ kind: 'delivered' });
    await endpoint.close();
  }
  const bodies = server.requests.map(({ body }) => body.toString());
  expect(bodies).toHaveLength(5);
  for (const body of bodies.slice(0, 4)) expect(body).toContain('nothing has happened');
  expect(bodies[4]).toContain('"event_action":"resolve"');
});

test('redirections are not followed, and what the answer says elsewhere is not said', async () => {
  await using place = await temporaryFolder();
  await using other = await standIn({});
  await using server = await standIn({ status: 307, headers: { location: `${other.url}/x` }, body: 'no' });
  const endpoint = await endpointOf(place.path, { type: 'slack', urlFile: `${server.url}/s3cret` });
  expect(await endpoint.send(messageOf([alert()], at), 'whole', never)).toEqual({
    kind: 'off',
    why: 'answered 307, and redirections are not followed',
    isGone: false,
  });
  expect(other.requests).toEqual([]);
  await endpoint.close();
});

/** A TLS server, which counts connections. */
async function tlsServer(
  folder: string,
): Promise<AsyncDisposable & { port: number; connections: () => number; ca: string }> {
  const authority = await Authority.make(folder, 'ca');
  const { key, cert } = await authority.identity('server', 'DNS:localhost,IP:127.0.0.1');
  let connections = 0;
  const server = createServer({ key, cert }, (_, response) => response.end('ok'));
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    ca: await readFile(authority.file, 'utf8'),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

test('a name or an address that leads into the own network is not even connected to, unless that is configured', async () => {
  await using place = await temporaryFolder();
  await using server = await tlsServer(place.path);
  const send = async (host: string, allowPrivateAddresses: boolean) => {
    const endpoint = await endpointOf(join(place.path, `${host}-${allowPrivateAddresses}`), {
      type: 'slack',
      urlFile: `https://${host}:${server.port}/s3cret`,
      caFile: server.ca,
      allowPrivateAddresses,
    });
    try {
      return await endpoint.send(messageOf([alert()], at), 'whole', never);
    } finally {
      await endpoint.close();
    }
  };
  // The same addresses in the ways that a URL can write them, and a name that the system looks up.
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', 'localhost'])
    expect(await send(host, false)).toMatchObject({
      kind: 'later',
      why: expect.stringContaining('allowPrivateAddresses') as unknown,
    });
  expect(server.connections()).toBe(0);
  expect(await send('localhost', true)).toEqual({ kind: 'delivered' });
});

test('why it could not be told names neither host nor path', async () => {
  await using place = await temporaryFolder();
  await using server = await tlsServer(place.path);
  const why = async (members: Record<string, unknown>, name: string) => {
    const endpoint = await endpointOf(join(place.path, name), { type: 'slack', ...members });
    const outcome = await endpoint.send(messageOf([alert()], at), 'whole', never);
    await endpoint.close();
    return JSON.stringify(outcome);
  };
  const said = [
    await why({ urlFile: 'http://127.0.0.1:9/s3cret' }, 'closed'),
    await why({ urlFile: 'https://s3cret.invalid/s3cret' }, 'unknown'),
    await why({ urlFile: `https://127.0.0.1:${server.port}/s3cret` }, 'untrusted'),
  ];
  for (const one of said) {
    expect(one).toContain('"kind":"later","why":"no answer');
    expect(one).not.toMatch(/s3cret|127\.0/u);
  }
});

test('a receiver that never answers costs one limit', async () => {
  await using place = await temporaryFolder();
  await using server = await standIn({ send: () => undefined });
  const endpoint = await endpointOf(place.path, {
    type: 'slack',
    urlFile: server.url,
    requestSeconds: 1,
  });
  expect(await endpoint.send(messageOf([alert()], at), 'whole', never)).toEqual({
    kind: 'later',
    why: 'no answer in 1 s',
  });
  await endpoint.close();
});

test.each([
  ['keyFile', { type: 'webhook', url: 'https://x.example', keyFile: 'hunter2' }],
  ['urlFile', { type: 'slack', urlFile: 'hunter2' }],
  ['urlFile', { type: 'slack', urlFile: 'http://x.example/hunter2', allowPrivateAddresses: false }],
  ['urlFile', { type: 'slack', urlFile: 'https://a:hunter2@x.example/' }],
  ['routingKeyFile', { type: 'pagerduty', routingKeyFile: '' }],
  ['caFile', { type: 'alertmanager', url: 'https://x.example', caFile: 'hunter2' }],
])(
  'a file that cannot be used is named with its key, and nothing of it is said: %s',
  async (key, members) => {
    await using place = await temporaryFolder();
    const opened = endpointOf(place.path, members);
    await expect(opened).rejects.toMatchObject({
      code: 'settings',
      message: expect.stringMatching(new RegExp(`^notifications\\.endpoints\\.0\\.${key}: `, 'u')) as unknown,
    });
    await expect(opened).rejects.not.toThrow(/hunter2/u);
  },
);
