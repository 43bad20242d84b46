import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, inject, test } from 'vitest';
import { manifestsOf, until } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';

const url = inject('elasticsearchUrl');

interface Epoch {
  origin: string;
  /** PKCS #8, whose last 32 bytes are the seed (RFC 8410); empty once erased. */
  key: Buffer;
}

/** The epochs of a state folder, oldest first. */
function epochsOf(state: string): Epoch[] {
  const database = new DatabaseSync(join(state, 'state.db'), { readOnly: true });
  try {
    const rows = database.prepare('SELECT origin, private_key AS key FROM epoch ORDER BY id').all();
    return rows.map(({ origin, key }) => ({
      origin: String(origin),
      key: Buffer.from(key instanceof Uint8Array ? key : []),
    }));
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
  await using scene = await Scene.make({ url, more: { epochDays: 5 / 86_400 } });
  const state = join(scene.folder, 'state');
  await scene.writer.lines(20);
  const agent = await scene.start();
  const [first] = epochsOf(state);
  const seed = first!.key.subarray(-32);
  expect(await filesWith(state, seed)).not.toEqual([]);
  expect(await filesWith(state, first!.key)).not.toEqual([]);

  const writingUntil = (condition: () => boolean | Promise<boolean>, why: string, millisecondsMax: number) =>
    until(
      async () => {
        await scene.writer.lines(1);
        return await condition();
      },
      () => `${why}: ${agent.tail()}`,
      { everyMilliseconds: 300, millisecondsMax },
    );
  await writingUntil(() => epochsOf(state)[0]?.key.length === 0, 'the old key was not erased', 90_000);
  // At once, or with a later commit where the look at the state just now was in the way; not when the log happens to be written over.
  await writingUntil(
    async () => (await filesWith(state, seed)).length === 0,
    'its bytes are still there',
    10_000,
  );
  await writingUntil(() => epochsOf(state).length > 2, 'no third epoch', 90_000);

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
