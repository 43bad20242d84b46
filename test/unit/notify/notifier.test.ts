import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../agent/config/index.ts';
import { printAlert } from '../../../agent/notify/alert.ts';
import { Notifier, openEndpoints } from '../../../agent/notify/index.ts';
import { createLogger, Metrics } from '../../../agent/observe/index.ts';
import type { Notice } from '../../../agent/seal/index.ts';
import { Committer, outboxRowsMax, Store } from '../../../agent/store/index.ts';
import type { NotificationRow } from '../../../agent/store/index.ts';
import { temporaryFolder, until } from '../../kit/agent/index.ts';
import { parseScrape, sumOf } from '../../kit/scrape.ts';
import { standIn } from '../../kit/stand-in.ts';
import type { StandIn } from '../../kit/stand-in.ts';
import { alert } from './alerts.ts';

const row = (endpoint: string, n: number): NotificationRow => ({
  endpoint,
  key: `k${n}`,
  body: printAlert(alert({ key: `k${n}`, group: `g${n}` })),
});

const now = () => new Date();

interface Scene extends AsyncDisposable {
  notifier: Notifier;
  store: Store;
  committer: Committer;
  notices: Notice[];
  logs: string[];
  sample: (name: string, labels: Record<string, string>) => Promise<number>;
  /** As a batch does: durable, then told. */
  commit: (rows: NotificationRow[]) => Promise<void>;
}

/** A store and its notifier, with an endpoint of each name at each URL. */
async function scene(
  folder: string,
  servers: Record<string, StandIn>,
  more: Record<string, unknown> = {},
): Promise<Scene> {
  const endpoints = await Promise.all(
    Object.entries(servers).map(async ([name, { url }]) => {
      const urlFile = join(folder, `${name}.url`);
      await writeFile(urlFile, `${url}/s3cret`);
      return { name, type: 'slack', urlFile, allowPrivateAddresses: true, perMinuteMax: 600, ...more };
    }),
  );
  const config = parseConfig(
    'auditseal.yaml',
    JSON.stringify({
      cluster: 'prod',
      sources: [{ name: 'kube-apiserver', path: '/var/log/audit.log' }],
      elasticsearch: { urls: ['https://elasticsearch:9200'] },
      notifications: { endpoints },
    }),
  );
  const store = await Store.open(join(folder, 'state'));
  const committer = new Committer(store, { commitsPerSecondMax: 1000, lazyMilliseconds: 1 });
  const limits = { spoolBytesMax: 1, freeBytesMin: 1, rules: [], directories: () => [], freeBytes: () => 1 };
  const metrics = new Metrics({ version: '0', now, ...limits });
  const logs: string[] = [];
  const notifier = new Notifier(await openEndpoints(config), {
    config,
    committer,
    meter: metrics.notifications,
    logger: createLogger('debug', { write: (line) => void logs.push(line) }),
    now,
    outbox: await store.notifications(),
  });
  const notices: Notice[] = [];
  notifier.sealBy('kube-apiserver', (notice) => notices.push(notice));
  notifier.start();
  return {
    notifier,
    store,
    committer,
    notices,
    logs,
    sample: async (name, labels) => sumOf(parseScrape(await metrics.text()), name, labels),
    commit: async (notifications) => {
      await committer.commit({ notifications });
      notifier.add(notifications);
    },
    [Symbol.asyncDispose]: async () => {
      await notifier.stop();
      await committer.flush();
      await store.close();
    },
  };
}

test('what is told leaves the outbox; an endpoint that never answers holds up no other', async () => {
  await using place = await temporaryFolder();
  await using silent = await standIn({ send: () => undefined });
  await using server = await standIn({ body: 'ok' });
  await using one = await scene(place.path, { silent, chat: server }, { requestSeconds: 60 });
  await one.commit([1, 2, 3].flatMap((n) => [row('silent', n), row('chat', n)]));
  await until(
    () => server.requests.length === 3,
    () => one.logs.join(''),
  );
  await until(
    async () => (await one.store.notifications()).every(({ endpoint }) => endpoint === 'silent'),
    () => one.logs.join(''),
  );
  expect((await one.store.notifications()).map(({ key }) => key)).toEqual(['k1', 'k2', 'k3']);
  expect(await one.sample('auditseal_notifications_total', { endpoint: 'chat', result: 'delivered' })).toBe(
    3,
  );
  expect(await one.sample('auditseal_notifications_waiting', { endpoint: 'silent' })).toBe(3);
});

test('what is not taken now is tried again, and once it is told it is told no more', async () => {
  await using place = await temporaryFolder();
  let answers = 0;
  await using server = await standIn(() =>
    answers++ === 0 ? { status: 429, headers: { 'retry-after': '1' } } : { body: 'ok' },
  );
  await using one = await scene(place.path, { chat: server });
  await one.commit([row('chat', 1)]);
  await until(
    async () => (await one.store.notifications()).length === 0,
    () => one.logs.join(''),
  );
  expect(server.requests).toHaveLength(2);
  expect(server.requests[1]!.body).toEqual(server.requests[0]!.body);
  expect(one.logs.join('')).toContain('answered 429');
  expect(one.logs.join('')).not.toMatch(/s3cret|127\.0\.0\.1/u);
});

test('a receiver that says 410 is asked no more, which is said, sealed and counted; what waits for it stays', async () => {
  await using place = await temporaryFolder();
  await using server = await standIn({ status: 410, body: 'channel_is_archived' });
  await using one = await scene(place.path, { chat: server });
  await one.commit([row('chat', 1)]);
  await until(
    () => one.notices.length > 0,
    () => one.logs.join(''),
  );
  await one.commit([row('chat', 2)]);
  expect(one.notices).toMatchObject([
    { kind: 'notify', endpoint: 'chat', state: 'off', why: 'answered 410 channel_is_archived' },
  ]);
  expect(await one.sample('auditseal_notification_endpoint_off', { endpoint: 'chat' })).toBe(1);
  expect(one.logs.join('')).toContain('the endpoint is switched off');
  expect(server.requests).toHaveLength(1);
  expect(await one.store.notifications()).toHaveLength(2);
});

test('what a client wrote and a receiver does not take is told without it, and switches nothing off', async () => {
  await using place = await temporaryFolder();
  await using server = await standIn(({ body }) =>
    body.includes('mallory') ? { status: 400, body: 'invalid_payload' } : { body: 'ok' },
  );
  await using one = await scene(place.path, { chat: server });
  await one.commit([row('chat', 1)]);
  await until(
    async () => (await one.store.notifications()).length === 0,
    () => one.logs.join(''),
  );
  expect(server.requests).toHaveLength(2);
  expect(server.requests[1]!.body.toString()).toContain('exec-into-pod');
  expect(one.notices).toEqual([]);
});

test('the outbox is bounded: the oldest are dropped, counted, and the drop is sealed', async () => {
  await using place = await temporaryFolder();
  await using server = await standIn({ send: () => undefined });
  const rows = Array.from({ length: outboxRowsMax + 50 }, (_, n) => row('chat', n));
  {
    await using one = await scene(place.path, { chat: server }, { requestSeconds: 1 });
    await one.commit(rows.slice(0, 100));
    await one.commit(rows.slice(100));
    const left = await one.store.notifications();
    expect(left).toHaveLength(outboxRowsMax);
    expect(left[0]!.key).toBe('k50');
    expect(await one.sample('auditseal_notifications_total', { endpoint: 'chat', result: 'dropped' })).toBe(
      50,
    );
    expect(one.notices).toMatchObject([{ kind: 'notify', endpoint: 'chat', state: 'dropped', count: 50 }]);
  }
  await using other = await standIn({ body: 'ok' });
  await using again = await scene(place.path, { elsewhere: other });
  await until(
    async () => (await again.store.notifications()).length === 0,
    () => again.logs.join(''),
  );
  expect(again.logs.join('')).toContain('not configured any more');
  expect(other.requests).toEqual([]);
});
