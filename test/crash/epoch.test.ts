import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, inject, test, vi } from 'vitest';
import { manifestsOf, until } from '../agent/index.ts';
import { Scene } from './scene.ts';

// Processes that start and end: most of it is waiting for a busy machine.
vi.setConfig({ testTimeout: 300_000 });

const url = inject('elasticsearchUrl');

/** The newest epoch of a state folder, and its private key (PKCS #8, whose last 32 bytes are the seed; RFC 8410). */
function newestEpoch(state: string): { origin: string; key: Buffer } {
  const database = new DatabaseSync(join(state, 'state.db'), { readOnly: true });
  try {
    const row = database
      .prepare('SELECT origin, private_key AS key FROM epoch ORDER BY id DESC LIMIT 1')
      .get();
    return { origin: String(row?.['origin']), key: Buffer.from(row?.['key'] as Uint8Array) };
  } finally {
    database.close();
  }
}

/** Which of the state's files have these bytes in them. */
async function filesWith(state: string, bytes: Buffer): Promise<string[]> {
  const found: string[] = [];
  for (const name of ['state.db', 'state.db-wal']) {
    if ((await readFile(join(state, name))).includes(bytes)) found.push(name);
  }
  return found;
}

test('while running, epochs follow each other, verify is content, and the old private key is gone from the disk', async () => {
  await using scene = await Scene.make({ url, more: { epochDays: 3 / 86_400 } });
  const state = join(scene.folder, 'state');
  await scene.writer.lines(20);
  const agent = await scene.start();
  const first = newestEpoch(state);
  const seed = first.key.subarray(-32);
  expect(await filesWith(state, seed)).not.toEqual([]);
  expect(await filesWith(state, first.key)).not.toEqual([]);

  await until(
    async () => {
      await scene.writer.lines(2);
      return newestEpoch(state).origin !== first.origin && (await filesWith(state, seed)).length === 0;
    },
    () => `the old key is still there: ${agent.tail()}`,
    { everyMilliseconds: 200 },
  );
  const second = newestEpoch(state);
  expect(await filesWith(state, second.key.subarray(-32))).not.toEqual([]);
  await until(
    () => newestEpoch(state).origin !== second.origin,
    () => `no third epoch: ${agent.tail()}`,
    { everyMilliseconds: 200 },
  );

  expect(await scene.finish()).toEqual([]);
  const manifests = await manifestsOf(url, scene.namespace);
  const begun = manifests.flatMap(({ origin, notices }) =>
    notices.flatMap((notice) =>
      notice.kind === 'epoch'
        ? [{ origin, reason: notice.reason, previous: notice.previous?.split('\n')[0] }]
        : [],
    ),
  );
  expect(begun.length).toBeGreaterThan(2);
  expect(begun).toEqual(
    begun.map(({ origin }, i) => ({
      origin,
      reason: i === 0 ? 'first' : 'age',
      previous: begun[i - 1]?.origin,
    })),
  );
});
