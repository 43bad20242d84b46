import { expect, test } from 'vitest';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

const text = 'one\ntwo two\n\nthree\ntorn';

test.for([1, 2, 3, 5, 1024])(
  'a rotation at every byte of a file that is read in pieces of %s bytes, what is before read before and what is behind read after it, loses nothing and leaves no gap',
  async (chunkBytesMax) => {
    for (let at = 0; at <= text.length; at++) {
      for (let read = 0; read <= 3; read++) {
        await using log = await LogFolder.make();
        await using reader = new Reader(log.path, { chunkBytesMax });
        await log.write(text.slice(0, at));
        await reader.drain(read);
        await log.write(text.slice(at));
        const backup = await log.rotate('next\n');
        if (at % 2 === 1) await log.compress(backup);
        const { text: found, gaps } = await reader.drain();
        expect({ at, read, found, gaps }).toEqual({ at, read, found: `${text}next\n`, gaps: [] });
      }
    }
  },
);
