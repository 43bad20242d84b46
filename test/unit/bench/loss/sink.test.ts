import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readArrivals } from '../../../../bench/loss/arrivals.ts';
import { lineOfNumber } from '../../../../bench/loss/line.ts';
import { Sink } from '../../../../bench/loss/sink.ts';

let folder = '';
let sink: Sink;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'auditseal-sink-'));
  sink = await Sink.start({
    arrivals: join(folder, 'arrivals'),
    form: 'document',
    version: '9.5.3',
    seed: 1,
  });
});
afterEach(() => rm(folder, { recursive: true }));

const event = (n: number) => lineOfNumber(n).subarray(0, -1).toString();
const create = (n: number, id = '') => `{"create":{${id === '' ? '' : `"_id":"${id}"`}}}\n${event(n)}\n`;

async function bulk(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(`http://127.0.0.1:${sink.port}/audit/_bulk`, {
    method: 'POST',
    body,
    headers,
  });
  return {
    status: response.status,
    answer: (await response.json()) as { errors: boolean; items: { create?: { status: number } }[] },
  };
}

async function arrived(): Promise<string[]> {
  await sink.close();
  return (await Array.fromAsync(readArrivals(join(folder, 'arrivals')))).map(String);
}

test('The sink keeps the exact bytes of what is sent, compressed or not, with blank lines or without', async () => {
  await bulk(create(0) + create(1));
  await bulk(Uint8Array.from(gzipSync(create(2))), { 'content-encoding': 'gzip' });
  await bulk(`${create(3)}\n${create(4)}\n`);
  expect(await sink.stats()).toMatchObject({ documents: 5, different: 5, newest: 4, requests: 3 });
  expect(await arrived()).toStrictEqual([0, 1, 2, 3, 4].map(event));
});

test('As in Elasticsearch, what is created twice under one id is stored once and answered 409; without ids it is stored twice', async () => {
  await bulk(create(0, 'a') + create(1));
  const { answer } = await bulk(create(0, 'a') + create(1));
  expect(answer).toMatchObject({
    errors: true,
    items: [{ create: { status: 409 } }, { create: { status: 201 } }],
  });
  expect(await arrived()).toStrictEqual([0, 1, 1].map(event));
});

test('Of a request that is refused nothing is stored', async () => {
  await sink.fault({ kind: 'unavailable' });
  expect((await bulk(create(0))).status).toBe(503);
  await sink.fault({ kind: 'busy', share: 1 });
  expect((await bulk(create(0))).status).toBe(429);
  await sink.fault({ kind: 'none' });
  expect((await bulk(create(1))).status).toBe(200);
  expect((await sink.stats()).faults).toMatchObject({ unavailable: 1, busy: 1 });
  expect(await arrived()).toStrictEqual([event(1)]);
});

test('A document that is refused with 429 is not stored, and the others of its request are', async () => {
  await sink.fault({ kind: 'busy items', share: 0.5 });
  const { answer } = await bulk(Array.from({ length: 50 }, (_, n) => create(n)).join(''));
  const statuses = answer.items.map((item) => item.create?.status);
  const stored = statuses.flatMap((status, n) => (status === 201 ? [event(n)] : []));
  expect(answer.errors).toBe(true);
  expect(statuses.filter((status) => status === 429)).toHaveLength(50 - stored.length);
  expect(stored.length).toBeGreaterThan(0);
  expect(stored.length).toBeLessThan(50);
  expect(await arrived()).toStrictEqual(stored);
});

test('Connections are reset, the first two after the request was carried out', async () => {
  await sink.fault({ kind: 'reset' });
  for (const n of [0, 1, 2, 3]) await expect(bulk(create(n))).rejects.toThrow('fetch failed');
  expect((await sink.stats()).faults.reset).toBe(4);
  expect(await arrived()).toStrictEqual([0, 1].map(event));
});
