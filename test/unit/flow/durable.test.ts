import { expect, test } from 'vitest';
import { Batch } from '../../../agent/flow/batch.ts';
import { Durable } from '../../../agent/flow/durable.ts';
import { Notices } from '../../../agent/flow/notices.ts';
import { Sealer } from '../../../agent/flow/sealer.ts';
import { Log, startEpoch } from '../../../agent/seal/index.ts';
import { Committer, Store } from '../../../agent/store/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

const sourceName = 'kube-apiserver';
const text = { text: 'a text', sha256: 'sha256:00' };
const limits = {
  batchBytesMax: 1 << 20,
  batchEventsMax: 1000,
  batchSeconds: 1,
  heartbeatSeconds: 60,
  epochDays: 90,
};

const now = () => new Date('2026-11-23T02:00:00.000Z');

/** A sealer on a real store. */
async function scene(folder: string) {
  const store = await Store.open(folder);
  const committer = new Committer(store, { commitsPerSecondMax: 100 });
  const { source } = await store.load(sourceName);
  const epoch = startEpoch({ cluster: 'prod', node: 'cp-1', source: sourceName }, 'first', now());
  await committer.commit({
    epochs: [{ ...epoch, source: sourceName }],
    starts: [{ source: sourceName, counter: 1, state: 'attempted' }],
  });
  const log = Log.begin(epoch);
  const failpoints: string[] = [];
  const failpoint = (name: string) => void failpoints.push(name);
  const durable = new Durable({ ...limits, committer, failpoint });
  const notices = new Notices({
    policy: text,
    config: text,
    sealedUnder: source,
    epochStart: epoch,
    sealedAt: null,
    refusals: [],
    copies: [],
    now,
  });
  const sealer = new Sealer({
    sourceName,
    secret: source.secret,
    limits,
    namespace: 'auditseal',
    retentionDays: 400,
    policy: text,
    config: text,
    log,
    madeAt: epoch.madeAt,
    notices,
    alerts: undefined,
    durable,
    agent: { name: 'a', version: '0.0.0' },
    now,
    failpoint,
  });
  return { store, durable, notices, sealer, failpoints };
}

const state = JSON.stringify({ v: 1, reader: null, newest: null });
const document = { timestamp: '2026-11-23T01:06:03.433599Z', pieces: ['{"a":1}'] };

test('subscribers hear of each batch once, in order, each after it is on the disk', async () => {
  await using place = await temporaryFolder();
  const { store, durable, sealer } = await scene(place.path);
  const heard: string[] = [];
  durable.subscribe(({ manifest }) => heard.push(`first ${manifest.batch}`));
  durable.subscribe(({ manifest, bytes }) => heard.push(`second ${manifest.batch} ${bytes > 0}`));
  let batch = await sealer.open();
  for (let number = 0; number < 3; number += 1) {
    expect(batch.number).toBe(number);
    batch.add(document);
    batch = await sealer.seal(batch, state);
  }
  await durable.drain();
  expect(durable.uncommittedBytes).toBe(0);
  expect(heard).toEqual([0, 1, 2].flatMap((number) => [`first ${number}`, `second ${number} true`]));
  expect((await store.statistics()).batches).toBe(3);
  await store.close();
});

test('an entry that is refused beforehand is durable with its batch, and the next manifest announces it', async () => {
  await using place = await temporaryFolder();
  const { store, durable, notices, sealer } = await scene(place.path);
  const announced: unknown[] = [];
  durable.subscribe(({ refusals }) => notices.addRefusals(refusals));
  durable.subscribe(({ manifest }) =>
    announced.push(manifest.notices.filter(({ kind }) => kind === 'refused')),
  );
  const first = await sealer.open();
  first.add(document);
  first.refuseNext({
    form: 'bodies',
    status: 400,
    type: 'too_deep',
    message: 'why',
    at: '2026-11-23T02:00:00.000Z',
  });
  first.add(document);
  const second = await sealer.seal(first, state);
  await durable.drain();
  await sealer.seal(second, state);
  await durable.drain();
  const refused = {
    kind: 'refused',
    at: '2026-11-23T02:00:00.000Z',
    index: 1,
    status: 400,
    type: 'too_deep',
  };
  expect(announced).toEqual([[], [refused]]);
  expect((await store.next(sourceName, 0))?.refusals).toMatchObject([{ index: 1, message: 'why' }]);
  await store.close();
});

test('what a commit failed with is thrown to whoever seals next and to whoever waits', async () => {
  await using place = await temporaryFolder();
  const { store, durable, sealer } = await scene(place.path);
  const open = await sealer.open();
  await store.close();
  const batch = await sealer.seal(open, state);
  await expect(durable.drain()).rejects.toThrow();
  await expect(sealer.seal(batch, state)).rejects.toThrow();
});

test('a batch is due by its limits: full, or nothing sealed before it', async () => {
  await using place = await temporaryFolder();
  const { store, durable, sealer } = await scene(place.path);
  const batch = await sealer.open();
  // The first batch of a process is due at once, as a heartbeat: a start is seen without an event.
  expect([batch.isFull, batch.isDue()]).toEqual([false, true]);
  const { log } = batch;
  const few = new Batch(
    log,
    await durable.emptyEntries(),
    { ...limits, batchEventsMax: 2 },
    performance.now(),
  );
  expect(few.isDue()).toBe(false);
  few.add(document);
  expect(few.isFull).toBe(false);
  few.add(document);
  expect(few.isFull).toBe(true);
  await store.close();
});
