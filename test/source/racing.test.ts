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
