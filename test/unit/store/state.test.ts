import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { migrations, oldestState } from '../../../agent/store/schema.ts';
import { readStatus, Store } from '../../../agent/store/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

const source = 'kube-apiserver';
const origin = 'prod/cp-1/kube-apiserver/20261123T004438Z';
const at = '2026-11-23T00:44:38.000Z';
const nothing = {
  epochs: [],
  batches: [],
  refusals: [],
  acknowledged: [],
  starts: [],
  copies: [],
  seen: [],
};

test('what may be there twice and what was seen last is there after a restart', async () => {
  await using place = await temporaryFolder();
  const first = await Store.open(place.path);
  expect(await first.load(source)).toMatchObject({
    unannouncedCopies: [],
    earlier: { seq: 0, seen: { source, events: null, records: null } },
  });
  const copies = [{ source, origin, first: 3, last: 7, at }];
  const seen = { source, events: '.ds-e-000002', records: null };
  await first.commit({ ...nothing, copies: [...copies, ...copies], seen: [seen] });
  await first.close();
  const second = await Store.open(place.path);
  expect(await second.load(source)).toMatchObject({ unannouncedCopies: copies, earlier: { seq: 0, seen } });
  await second.close();
});

test('the state of a version before the signed format was final is refused with what to do, and left as it is', async () => {
  for (let version = 1; version < oldestState; version += 1) {
    await using place = await temporaryFolder();
    mkdirSync(place.path, { recursive: true });
    const path = join(place.path, 'state.db');
    const database = new DatabaseSync(path);
    database.exec(`CREATE TABLE source (name TEXT); PRAGMA user_version = ${version}`);
    database.close();
    const before = readFileSync(path);
    const refusal = {
      code: 'older',
      message: expect.stringContaining('move the state folder away') as unknown,
    };
    await expect(Store.open(place.path)).rejects.toMatchObject(refusal);
    expect(() => readStatus(place.path)).toThrow(expect.objectContaining(refusal) as Error);
    expect(readFileSync(path)).toEqual(before);
  }
});

const row = (key: string) => ({ endpoint: 'chat', key, body: '{}' });

test('the state of the oldest version that is continued gets an outbox, and keeps what it had', async () => {
  await using place = await temporaryFolder();
  mkdirSync(place.path, { recursive: true });
  const database = new DatabaseSync(join(place.path, 'state.db'));
  database.exec(`${migrations[0]} PRAGMA user_version = ${oldestState}`);
  database.prepare("INSERT INTO source (name, secret, tail) VALUES (?, x'01', 'kept')").run(source);
  database.close();
  const first = await Store.open(place.path);
  expect((await first.load(source)).source.tail).toBe('kept');
  await first.commit({ ...nothing, notifications: [row('1'), row('2'), row('2'), row('3')] });
  await first.commit({ ...nothing, notified: [row('1')] });
  await first.close();
  const second = await Store.open(place.path);
  expect(await second.notifications()).toEqual([row('2'), row('3')]);
  await second.close();
});
