import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { buildRotator, Rotator } from '../../kit/rotator/index.ts';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

const binary = await buildRotator();

test.skipIf(!binary).for([false, true])(
  "lumberjack's own rotations, while reading and being restarted, lose nothing and leave no gap (compressing: %s)",
  async (compress) => {
    await using log = await LogFolder.make();
    await using reader = new Reader(log.path);
    await using writer = new Rotator(binary ?? '', { path: log.path, maxSizeMiB: 1, compress });
    let written = '';
    for (let round = 0; round < 40; round++) {
      // 150 KB a round: seven rounds pass the maximum size, so lumberjack rotates by itself too.
      const lines = `round ${round} ${'x'.repeat(1500)}\n`.repeat(100);
      written += lines;
      const writing = writer.write(lines).then(() => (round % 9 === 0 ? writer.rotate() : undefined));
      await reader.drain(2);
      await writing;
      if (round % 7 === 0) await reader.restart(reader.state);
    }
    await reader.drain();
    const { text, gaps, ended } = reader.reading;
    expect(text === written).toBe(true);
    expect(gaps).toEqual([]);
    expect(ended.length).toBeGreaterThan(7);
    const names = await readdir(log.folder);
    expect(names.some((name) => name.endsWith('.gz'))).toBe(compress);
  },
);

test.skipIf(!binary)('what lumberjack deleted before it was read is a gap', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await using writer = new Rotator(binary ?? '', { path: log.path, maxBackups: 1 });
  await writer.write('one\n');
  await reader.drain();
  for (const line of ['two\n', 'three\n', 'four\n', 'five\n']) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await writer.rotate();
    await writer.write(line);
  }
  // Deletion follows a few milliseconds after the rotation.
  await expect.poll(() => readdir(log.folder)).toHaveLength(2);
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\nfour\nfive\n');
  expect(gaps).toMatchObject([{ reason: 'unproven', before: { offset: 4 }, after: { offset: 0 } }]);
});
