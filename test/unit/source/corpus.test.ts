import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

const FIXTURES = join(import.meta.dirname, '../../kit/fixtures');

async function wholeText(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('audit'));
  // `audit.log` sorts after `audit-…` by its name too, but only by chance.
  const ordered = [...names.filter((name) => name !== 'audit.log').toSorted(), 'audit.log'];
  const parts = await Promise.all(
    ordered.map(async (name) => {
      const bytes = await readFile(join(folder, name));
      return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    }),
  );
  return Buffer.concat(parts).toString('latin1');
}

test.for(['rotating', 'rotating-gz'])(
  'a real audit log (%s) comes out byte for byte, in order',
  async (name) => {
    await using log = await LogFolder.make();
    await cp(join(FIXTURES, name), log.folder, { recursive: true });
    await using reader = new Reader(log.path, { chunkBytesMax: 100_000 });
    const { text, ended } = await reader.drain();
    const whole = await wholeText(log.folder);
    expect(whole.length).toBeGreaterThan(5_000_000);
    expect(text === whole).toBe(true);
    expect(ended).toHaveLength(5);
  },
);

test('a real audit log comes out byte for byte when the agent is killed again and again', async () => {
  await using log = await LogFolder.make();
  await cp(join(FIXTURES, 'rotating-gz'), log.folder, { recursive: true });
  await using reader = new Reader(log.path, { chunkBytesMax: 200_000 });
  for (let kill = 0; kill < 30; kill++) {
    await reader.drain(1);
    await reader.restart(reader.state);
  }
  const { text } = await reader.drain();
  expect(text === (await wholeText(log.folder))).toBe(true);
});
