import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../agent/store/database.ts';
import { State } from '../../../agent/store/state.ts';
import { startEpoch } from '../../../agent/seal/index.ts';
import { Committer, readStatus, Store, StoreError } from '../../../agent/store/index.ts';
import type { BatchRow, NewEpoch, Transaction } from '../../../agent/store/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

const source = 'kube-apiserver';
const now = new Date('2026-11-23T00:44:38Z');

function epochAt(second: number): NewEpoch {
  return {
    source,
    ...startEpoch(
      { cluster: 'prod', node: 'cp-1', source },
      'first',
      new Date(now.getTime() + second * 1000),
    ),
  };
}

function batchOf(origin: string, number: number, first: number, changes: Partial<BatchRow> = {}): BatchRow {
  const body = randomBytes(100);
  return {
    source,
    origin,
    number,
    first,
    count: 2,
    newest: null,
    oldest: null,
    moments: '[]',
    members: [{ first, count: 2, bytes: 300, body }],
    record: randomBytes(50),
    tail: `tail after ${number}`,
    policy: 'sha256:p',
    config: 'sha256:c',
    size: first + 3,
    frontier: randomBytes(32),
    checkpoint: `checkpoint ${number}`,
    sealedAt: now.toISOString(),
    announced: [],
    announcedCopies: [],
    closes: false,
    read: 5,
    pieces: 0,
    dropped: 3,
    gaps: 0,
    tallies: [],
    ...changes,
  };
}

const nothing: Transaction = {
  epochs: [],
  batches: [],
  refusals: [],
  acknowledged: [],
  starts: [],
  copies: [],
  seen: [],
};

test('what was committed is there after a restart: position, tree, batches and refusals', async () => {
  await using place = await temporaryFolder();
  const epoch = epochAt(0);
  const first = await Store.open(place.path);
  const { secret } = (await first.load(source)).source;
  const batch = batchOf(epoch.origin, 0, 0);
  const refusal = {
    form: 'bodies' as const,
    origin: epoch.origin,
    index: 1,
    status: 400,
    type: 'x',
    message: 'y',
    at: now.toISOString(),
  };
  const [seq] = await first.commit({ ...nothing, epochs: [epoch], batches: [batch], refusals: [refusal] });
  await first.close();

  const second = await Store.open(place.path);
  const loaded = await second.load(source);
  expect(loaded.source).toMatchObject({ secret, tail: 'tail after 0', policy: 'sha256:p' });
  expect(loaded.epoch).toMatchObject({
    origin: epoch.origin,
    nextBatch: 1,
    size: 3,
    checkpoint: 'checkpoint 0',
  });
  expect(loaded.unannounced).toEqual([refusal]);
  // The same event, refused again in another form: a manifest announces the first refusal alone.
  const again = { ...refusal, form: 'event' as const };
  await second.commit({ ...nothing, refusals: [again] });
  expect((await second.load(source)).unannounced).toEqual([refusal]);
  const stored = await second.next(source, 0);
  expect(stored).toMatchObject({ seq, number: 0, held: false, refusals: [refusal, again] });
  expect(Buffer.from(stored!.members[0]!.body)).toEqual(batch.members[0]!.body);
  await second.close();
});

test('a transaction is all or nothing: a batch that does not grow the stored tree undoes the others', async () => {
  await using place = await temporaryFolder();
  const store = await Store.open(place.path);
  await store.load(source);
  const epoch = epochAt(0);
  await store.commit({ ...nothing, epochs: [epoch], batches: [batchOf(epoch.origin, 0, 0)] });
  const forked = [batchOf(epoch.origin, 1, 3), batchOf(epoch.origin, 1, 3)];
  await expect(store.commit({ ...nothing, batches: forked })).rejects.toMatchObject({ code: 'failed' });
  expect((await store.load(source)).epoch).toMatchObject({ nextBatch: 1, size: 3 });
  expect((await store.statistics()).batches).toBe(1);
  await store.close();
});

test('the key of a closed epoch is erased from the files once its last batch is acknowledged, not before', async () => {
  await using place = await temporaryFolder();
  const store = await Store.open(place.path);
  await store.load(source);
  const [old, next] = [epochAt(0), epochAt(60)];
  const key = Buffer.from(old.privateKey);
  const [seq] = await store.commit({ ...nothing, epochs: [old], batches: [batchOf(old.origin, 0, 0)] });
  await store.commit({ ...nothing, epochs: [next], batches: [batchOf(old.origin, 1, 3, { closes: true })] });
  const files = async () =>
    Buffer.concat(
      await Promise.all(['state.db', 'state.db-wal'].map((name) => readFile(join(place.path, name)))),
    );
  await store.commit({ ...nothing, acknowledged: [seq!] });
  expect((await files()).includes(key)).toBe(true);
  await store.commit({ ...nothing, acknowledged: [seq! + 1] });
  expect((await files()).includes(key)).toBe(false);
  expect((await store.load(source)).epoch).toMatchObject({ origin: next.origin });
  await store.close();
});

test('what is freed is overwritten with zeros again once a delivered batch, which need not be, is deleted', async () => {
  await using place = await temporaryFolder();
  const { database } = openDatabase(place.path);
  const state = new State(database);
  state.load(source);
  const epoch = epochAt(0);
  const { sequences } = state.commit({ ...nothing, epochs: [epoch], batches: [batchOf(epoch.origin, 0, 0)] });
  database.exec("CREATE TRIGGER kept BEFORE DELETE ON batch BEGIN SELECT raise(ABORT, 'kept'); END");
  expect(() => state.commit({ ...nothing, acknowledged: sequences })).toThrow('kept');
  expect(database.prepare('PRAGMA secure_delete').get()).toEqual({ secure_delete: 1 });
  database.exec('DROP TRIGGER kept');
  state.commit({ ...nothing, acknowledged: sequences });
  expect(state.statistics().batches).toBe(0);
  expect(database.prepare('PRAGMA secure_delete').get()).toEqual({ secure_delete: 1 });
  state.close();
});

test('batches sealed since an unanswered start are held, and forgotten by a rollback that reads from where it began', async () => {
  await using place = await temporaryFolder();
  const store = await Store.open(place.path);
  await store.load(source);
  const epoch = epochAt(0);
  const start = (counter: number, state: 'attempted' | 'answered') => ({
    ...nothing,
    starts: [{ source, counter, state }],
  });
  await store.commit({ ...nothing, epochs: [epoch], batches: [batchOf(epoch.origin, 0, 0)] });
  await store.commit(start(1, 'attempted'));
  await store.commit({ ...nothing, batches: [batchOf(epoch.origin, 1, 3)] });
  await store.commit(start(2, 'attempted'));
  await store.commit({ ...nothing, batches: [batchOf(epoch.origin, 2, 6)] });
  expect(await store.next(source, 0)).toMatchObject({ number: 0, held: false });
  expect(await store.next(source, 1)).toMatchObject({ number: 1, held: true });
  await store.rollBack(source);
  const loaded = await store.load(source);
  expect(loaded).toMatchObject({
    epoch: undefined,
    newestOrigin: epoch.origin,
    source: { tail: 'tail after 0', startState: 'answered' },
  });
  expect((await store.statistics()).batches).toBe(1);
  await store.close();
  expect(readStatus(place.path).sources).toMatchObject([
    { read: 5, dropped: 3, sealedEvents: 2, sealedBatches: 1, waitingBatches: 1 },
  ]);
});

test('the committer gathers what waits into one transaction, and gives each its own sequence numbers', async () => {
  await using place = await temporaryFolder();
  const store = await Store.open(place.path);
  await store.load(source);
  const epoch = epochAt(0);
  let transactions = 0;
  const committer = new Committer(store, { commitsPerSecondMax: 2, onCommitted: () => (transactions += 1) });
  const first = committer.commit({ epochs: [epoch], batches: [batchOf(epoch.origin, 0, 0)] });
  const rest = [1, 2, 3].map((number) =>
    committer.commit({ batches: [batchOf(epoch.origin, number, number * 3)] }),
  );
  const lazy = committer.commitLazily({ acknowledged: [1] });
  expect(await Promise.all([first, ...rest, lazy])).toEqual([[1], [2], [3], [4], []]);
  expect(transactions).toBe(2);
  await store.close();
});

test('on a full disk an acknowledgement may go before the batches that find no room, and makes it', async () => {
  const done: string[] = [];
  let isFull = true;
  const store = {
    commit: ({ batches, acknowledged }: Transaction) => {
      if (batches.length > 0 && isFull) return Promise.reject(new StoreError('full', 'no room'));
      if (acknowledged.length > 0) isFull = false;
      done.push(batches.length > 0 ? 'batch' : 'acknowledgement');
      return Promise.resolve(batches.map((_batch, n) => n + 2));
    },
  };
  const committer = new Committer(store as unknown as Store, { commitsPerSecondMax: 1000 });
  const batch = committer.commit({ batches: [batchOf('origin', 1, 3)] });
  const lazy = committer.commitLazily({ acknowledged: [1] });
  expect(await Promise.all([batch, lazy])).toEqual([[2], []]);
  expect(done).toEqual(['acknowledgement', 'batch']);
  expect(committer.isDiskFull).toBe(false);
});
