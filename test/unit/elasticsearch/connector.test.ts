import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createClient, request } from '../../../agent/elasticsearch/index.ts';
import type { ClientSettings } from '../../../agent/elasticsearch/index.ts';
import { standIn } from '../../kit/stand-in.ts';
import type { StandIn } from '../../kit/stand-in.ts';
import { Authority, fingerprintOf } from '../../kit/certificates.ts';
import type { Identity } from '../../kit/certificates.ts';
import { connectProxy, tcpRelay, tlsRelay } from '../../kit/relays.ts';
import type { Relay } from '../../kit/relays.ts';

let folder = '';
let ca: Authority;
let good: Identity;
let server: StandIn;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-tls-'));
  ca = await Authority.make(folder, 'ca');
  good = await ca.identity('good', 'DNS:localhost,IP:127.0.0.1');
  server = await standIn({ body: '{"ok":true}' });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What a request over this connection comes to: `ok`, or the error's code and message. */
async function ask(settings: Partial<ClientSettings> & { urls: string[] }): Promise<string> {
  const client = await createClient({ requestSeconds: 20, ...settings });
  try {
    await request(client, { method: 'GET', path: '/x' });
    return 'ok';
  } catch (error) {
    return `${Reflect.get(Object(error), 'code')}: ${Reflect.get(Object(error), 'message')}`;
  } finally {
    await client.close();
  }
}

const https = ({ port }: Relay, host = '127.0.0.1') => [`https://${host}:${port}`];

describe('TLS is made with whom the configuration trusts, and nothing is sent to anybody else', () => {
  test('a CA file makes its servers trusted, by address and by name', async () => {
    await using relay = await tlsRelay(server.url, () => good);
    expect(await ask({ urls: https(relay), caFile: ca.file })).toBe('ok');
    expect(await ask({ urls: https(relay, 'localhost'), caFile: ca.file })).toBe('ok');
  });

  test.each([
    ['of the CA as Elasticsearch prints it', () => ca.fingerprint()],
    [
      'with colons and capitals, as openssl prints it',
      async () => (await ca.fingerprint()).toUpperCase().match(/../gu)!.join(':'),
    ],
    ['of the server’s own certificate', () => Promise.resolve(fingerprintOf(good.cert))],
  ])('a fingerprint %s makes it trusted', async (_name, fingerprint) => {
    await using relay = await tlsRelay(server.url, () => good);
    expect(await ask({ urls: https(relay), caFingerprint: await fingerprint() })).toBe('ok');
  });

  test('an unknown CA, another name, an expired certificate and plain HTTP are refused, and say so', async () => {
    const other = await Authority.make(folder, 'other');
    const elsewhere = await ca.identity('elsewhere', 'DNS:elsewhere.example');
    const expired = await ca.identity('expired', 'IP:127.0.0.1', { days: -1 });
    const before = server.requests.length;
    for (const trust of [{ caFile: ca.file }, { caFingerprint: await ca.fingerprint() }]) {
      const answers: string[] = [];
      for (const identity of [await other.identity('unknown', 'IP:127.0.0.1'), elsewhere, expired]) {
        await using relay = await tlsRelay(server.url, () => identity);
        answers.push(await ask({ urls: https(relay), ...trust }));
      }
      expect(answers).toEqual([
        expect.stringMatching(/^untrusted: .*(unable to verify|unable to get|self-signed|none of the cert)/u),
        expect.stringMatching(/^untrusted: .*does not match certificate's altnames/u),
        expect.stringMatching(/^untrusted: .*expired/u),
      ]);
      await using plain = await tcpRelay(server.url);
      expect(await ask({ urls: https(plain), ...trust })).toMatch(/^untrusted: .*plain HTTP/u);
    }
    // The CAs that Node carries do not know ours.
    await using relay = await tlsRelay(server.url, () => good);
    expect(await ask({ urls: https(relay) })).toMatch(/^untrusted: /u);
    expect(server.requests).toHaveLength(before);
  });

  test('an impostor who presents the real CA’s certificate under one of his own is not taken for it', async () => {
    const impostor = await Authority.make(folder, 'impostor', ca);
    const forged = await impostor.identity('forged', 'IP:127.0.0.1');
    const own = forged.cert.slice(0, forged.cert.indexOf('-----END CERTIFICATE-----') + 26);
    const real = good.cert.slice(good.cert.lastIndexOf('-----BEGIN'));
    await using relay = await tlsRelay(server.url, () => ({ key: forged.key, cert: own + real }));
    const before = server.requests.length;
    expect(await ask({ urls: https(relay), caFingerprint: await ca.fingerprint() })).toMatch(
      /^untrusted: .*signature/u,
    );
    expect(server.requests).toHaveLength(before);
  });

  test('a CA file that is replaced counts from the next connection on', async () => {
    const caFile = join(folder, 'renewed.pem');
    const other = await Authority.make(folder, 'next');
    const renewed = await other.identity('renewed-server', 'IP:127.0.0.1');
    await using relay = await tlsRelay(server.url, () => renewed);
    await writeFile(caFile, good.cert.slice(good.cert.lastIndexOf('-----BEGIN')));
    const client = await createClient({ urls: https(relay), caFile, requestSeconds: 20 });
    const get = () => request(client, { method: 'GET', path: '/x' });
    await expect(get()).rejects.toMatchObject({ code: 'untrusted', unsent: true });
    await writeFile(caFile, 'half written');
    await expect(get()).rejects.toMatchObject({ code: 'untrusted' });
    await writeFile(caFile, renewed.cert);
    expect(await get()).toMatchObject({ status: 200 });
    await client.close();
  });

  test('NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect: not on a server, not on an https proxy', async () => {
    const other = await Authority.make(folder, 'stranger');
    const stranger = await other.identity('stranger-server', 'IP:127.0.0.1');
    await using relay = await tlsRelay(server.url, () => stranger);
    await using proxy = await connectProxy();
    await using secureProxy = await tlsRelay(`http://127.0.0.1:${proxy.port}`, () => stranger);
    const before = server.requests.length;
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    try {
      const caFingerprint = await ca.fingerprint();
      for (const trust of [{}, { caFile: ca.file }, { caFingerprint }])
        expect(await ask({ urls: https(relay), ...trust })).toMatch(/^untrusted: /u);
      const through = { proxy: `https://127.0.0.1:${secureProxy.port}` };
      expect(await ask({ urls: [server.url], ...through })).toMatch(/^unreachable: .* through the proxy /u);
    } finally {
      vi.unstubAllEnvs();
    }
    expect(proxy.asked).toEqual([]);
    expect(server.requests).toHaveLength(before);
  });

  test('a CA file without a certificate is named with its key', async () => {
    const caFile = join(folder, 'no.pem');
    await writeFile(caFile, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    await expect(ask({ urls: ['https://127.0.0.1:1'], caFile })).rejects.toMatchObject({
      code: 'settings',
      message: expect.stringContaining(`elasticsearch.caFile: ${caFile} holds`) as unknown,
    });
    await writeFile(caFile, 'not PEM');
    await expect(ask({ urls: ['https://127.0.0.1:1'], caFile })).rejects.toThrow('holds no PEM certificate');
  });
});

test('a name that does not resolve and a port that nobody listens on are unreachable, and nothing was sent', async () => {
  for (const [url, why] of [
    ['http://auditseal.invalid:9200', /auditseal\.invalid:9200: .*(ENOTFOUND|EAI_AGAIN)/u],
    ['http://127.0.0.1:1', /127\.0\.0\.1:1: .*ECONNREFUSED/u],
  ] as const) {
    const client = await createClient({ urls: [url], requestSeconds: 20 });
    await expect(request(client, { method: 'GET', path: '/x' })).rejects.toMatchObject({
      code: 'unreachable',
      unsent: true,
      message: expect.stringMatching(why) as unknown,
    });
    await client.close();
  }
});

describe('with several URLs', () => {
  test('a node that is away costs one try, then it is left out', async () => {
    const client = await createClient({ urls: ['http://127.0.0.1:1', server.url], requestSeconds: 20 });
    const outcomes: string[] = [];
    for (let i = 0; i < 60; i += 1)
      outcomes.push(
        await request(client, { method: 'GET', path: '/x' }).then(
          () => 'ok',
          () => 'failed',
        ),
      );
    expect(outcomes.filter((outcome) => outcome === 'failed')).toHaveLength(1);
    await client.close();
  });

  test('so does one that accepts and never answers, one that answers 503, and one that breaks off its answers', async () => {
    const html = { 'content-type': 'text/html' };
    for (const reply of [
      { send: () => undefined },
      { status: 503, headers: html, body: '<html>' },
      {
        send: (response: ServerResponse) => {
          response.writeHead(200, { 'x-elastic-product': 'Elasticsearch', 'content-length': '100' });
          response.write('{', () => response.destroy());
        },
      },
    ]) {
      await using bad = await standIn(reply);
      const client = await createClient({ urls: [bad.url, server.url], requestSeconds: 1 });
      let failed = 0;
      for (let i = 0; i < 6; i += 1)
        await request(client, { method: 'GET', path: '/x' }).catch(() => (failed += 1));
      expect(failed).toBe(1);
      expect(bad.requests).toHaveLength(1);
      await client.close();
    }
  });

  test('with all away, all are tried, and the first that is back is used', async () => {
    let status = 503;
    await using one = await standIn(() => ({ status, body: '{}' }));
    const client = await createClient({ urls: ['http://127.0.0.1:1', one.url], requestSeconds: 20 });
    const get = () => request(client, { method: 'GET', path: '/x' });
    for (let i = 0; i < 6; i += 1) await expect(get()).rejects.toThrow('GET /x');
    expect(one.requests.length).toBeGreaterThanOrEqual(2);
    status = 200;
    await get().catch(() => get());
    for (let i = 0; i < 4; i += 1) expect(await get()).toMatchObject({ status: 200 });
    await client.close();
  });
});

describe('through an HTTP proxy', () => {
  test('http and https are tunnelled, with the certificate of the far end checked', async () => {
    await using proxy = await connectProxy();
    await using relay = await tlsRelay(server.url, () => good);
    const through = `http://127.0.0.1:${proxy.port}`;
    expect(await ask({ urls: [server.url], proxy: through })).toBe('ok');
    expect(await ask({ urls: https(relay, 'localhost'), proxy: through, caFile: ca.file })).toBe('ok');
    const caFingerprint = await ca.fingerprint();
    expect(await ask({ urls: https(relay), proxy: through, caFingerprint })).toBe('ok');
    expect(await ask({ urls: https(relay), proxy: through })).toMatch(/^untrusted: /u);
    expect(proxy.asked.map(({ authority }) => authority)).toEqual(
      expect.arrayContaining([
        new URL(server.url).host,
        `localhost:${relay.port}`,
        `127.0.0.1:${relay.port}`,
      ]),
    );
  });

  test('its password comes from a file, which may be renewed', async () => {
    let password = 'p:ss wörd';
    await using proxy = await connectProxy(() => Buffer.from(`user:${password}`).toString('latin1'));
    const proxyPasswordFile = join(folder, 'proxy-password');
    await writeFile(proxyPasswordFile, 'old\n');
    const through = { proxy: `http://127.0.0.1:${proxy.port}`, proxyUsername: 'user', proxyPasswordFile };
    const client = await createClient({ urls: [server.url], requestSeconds: 20, ...through });
    const get = () => request(client, { method: 'GET', path: '/x' });
    await expect(get()).rejects.toMatchObject({
      code: 'unreachable',
      unsent: true,
      message: expect.stringContaining('answered 407 to CONNECT; see elasticsearch.proxyUsername') as unknown,
    });
    password = 'new';
    await writeFile(proxyPasswordFile, 'new\n');
    expect(await get()).toMatchObject({ status: 200 });
    await client.close();
    await rm(proxyPasswordFile);
    await expect(ask({ urls: [server.url], ...through })).rejects.toThrow(
      'elasticsearch.proxyPasswordFile: ',
    );
  });

  test('one that is away, answers no tunnel, or is none, is named', async () => {
    expect(await ask({ urls: [server.url], proxy: 'http://127.0.0.1:1' })).toMatch(
      /^unreachable: .* through the proxy 127\.0\.0\.1:1: .*ECONNREFUSED/u,
    );
    await using none = await tcpRelay(server.url);
    expect(await ask({ urls: [server.url], proxy: `http://127.0.0.1:${none.port}` })).toMatch(
      /^unreachable: .* through the proxy /u,
    );
  });
});
