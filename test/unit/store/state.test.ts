import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { migrations } from '../../../agent/store/schema.ts';
import { Store } from '../../../agent/store/index.ts';
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
    unnoticedCopies: [],
    earlier: { seq: 0, seen: { source, events: null, records: null } },
  });
  const copies = [{ source, origin, first: 3, last: 7, at }];
  const seen = { source, events: '.ds-e-000002', records: null };
  await first.commit({ ...nothing, copies: [...copies, ...copies], seen: [seen] });
  await first.close();
  const second = await Store.open(place.path);
  expect(await second.load(source)).toMatchObject({ unnoticedCopies: copies, earlier: { seq: 0, seen } });
  await second.close();
});

test('the state of every earlier version opens, and what it holds is as it was', async () => {
  expect(migrations.length).toBeGreaterThan(1);
  for (let version = 1; version < migrations.length; version += 1) {
    await using place = await temporaryFolder();
    mkdirSync(place.path, { recursive: true });
    const database = new DatabaseSync(join(place.path, 'state.db'));
    database.exec(`PRAGMA journal_mode = WAL; ${migrations.slice(0, version).join('')}
      INSERT INTO source (name, secret, tail) VALUES ('${source}', x'00ff', 'tail');
      INSERT INTO epoch (source, origin, vkey, private_key, reason, made_at, next_batch, size)
        VALUES ('${source}', '${origin}', 'vkey', x'01', 'first', '${at}', 1, 3);
      INSERT INTO batch (source, epoch, number, first, count, held, bytes, record, read, pieces, dropped, gaps)
        VALUES ('${source}', 1, 0, 0, 2, 0, 2, x'02', 2, 0, 0, 0);
      INSERT INTO member (seq, n, first, count, bytes, body) VALUES (1, 0, 0, 2, 9, x'03');
      PRAGMA user_version = ${version}`);
    database.close();
    const store = await Store.open(place.path);
    expect(await store.load(source)).toMatchObject({
      source: { tail: 'tail' },
      epoch: { origin, nextBatch: 1, size: 3 },
      // What is there now may have been sent, and nobody knows what was seen before.
      earlier: { seq: 1, seen: { events: null, records: null } },
    });
    expect(await store.next(source, 0)).toMatchObject({ seq: 1, count: 2, held: false });
    await store.close();
  }
});
