import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

/** Writes and rotates as fast as the clock allows until told to stop; compresses the backup before the last. */
async function writeAndRotate(log: LogFolder, compress: boolean, stop: () => boolean): Promise<string> {
  let written = '';
  let previous: string | undefined;
  for (let file = 0; !stop(); file++) {
    const lines = Array.from({ length: file % 7 }, (_, line) => `file ${file} line ${line}\n`).join('');
    await log.write(lines);
    written += lines;
    const backup = await log.rotate();
    if (compress && previous) await log.compress(previous);
    previous = backup;
  }
  return written;
}

test.for([false, true])(
  'a writer that rotates while the directory is listed loses nothing and leaves no gap (compressing: %s)',
  async (compress) => {
    await using log = await LogFolder.make();
    await using reader = new Reader(log.path);
    let rotations = 0;
    const writing = writeAndRotate(log, compress, () => ++rotations > 60);
    const racing = new Set([writing.finally(() => racing.clear())]);
    while (racing.size > 0) {
      await reader.drain(3);
      if (rotations % 10 === 0) await reader.restart(reader.state);
    }
    const { text, gaps } = await reader.drain();
    expect(text).toBe(await writing);
    expect(gaps).toEqual([]);
  },
);

test('what a racing writer deletes unread is a gap exactly where it is missing, and nothing comes twice', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('0\n');
  await reader.drain();
  let line = 0;
  const writing = (async () => {
    for (let file = 1; file <= 80; file++) {
      await log.rotate(`${++line}\n${++line}\n`);
      if (file % 5 === 0) await log.deleteBeyond(1);
    }
  })();
  const racing = new Set([writing.finally(() => racing.clear())]);
  while (racing.size > 0) {
    await reader.drain(2);
    await reader.restart(reader.state);
    await setImmediate();
  }
  await writing;
  // With the reader standing still, some loss is certain.
  for (let file = 0; file < 3; file++) await log.rotate(`${++line}\n`);
  await log.deleteBeyond(1);
  const { text, gapsAt, gaps } = await reader.drain();
  const missing: number[] = [];
  let position = 0;
  let before = -1;
  for (const one of text.split('\n').slice(0, -1)) {
    if (Number(one) !== before + 1) missing.push(position);
    expect(Number(one)).toBeGreaterThan(before);
    before = Number(one);
    position += one.length + 1;
  }
  expect(before).toBe(line);
  expect(gapsAt).toEqual(expect.arrayContaining(missing));
  expect(gaps.every(({ before: last, after }) => last && after)).toBe(true);
  expect(missing.length).toBeGreaterThan(0);
});
