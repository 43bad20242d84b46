import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { readTextFile, readTextStream } from '../../../agent/input/index.ts';
import { temporaryFolder } from '../../kit/agent/index.ts';

test('a file of just the most bytes is read, and one of a byte more is not', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, 'é'.repeat(1024));
  expect(await readTextFile(file, 2048)).toBe('é'.repeat(1024));
  await expect(readTextFile(file, 2047)).rejects.toMatchObject({ name: 'InputError', code: 'too-large' });
});

test('a file without end is given up', async () => {
  await expect(readTextFile('/dev/zero', 1024)).rejects.toMatchObject({ code: 'too-large' });
});

test('a pipe is read to its end', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'pipe');
  await promisify(execFile)('mkfifo', [file]);
  const [text] = await Promise.all([readTextFile(file, 1024), writeFile(file, 'secret\n')]);
  expect(text).toBe('secret\n');
});

test('no byte order mark is left', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, '\uFEFFcluster: prod');
  expect(await readTextFile(file, 1024)).toBe('cluster: prod');
});

test('what is no UTF-8 is said to be none, and not shown', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, Buffer.from('Geheimwörter', 'latin1'));
  await expect(readTextFile(file, 1024)).rejects.toMatchObject({
    code: 'not-text',
    message: 'is not text in UTF-8',
  });
});

test('a file that is not there, or that is a folder', async () => {
  await using folder = await temporaryFolder();
  const missing = join(folder.path, 'missing');
  await expect(readTextFile(missing, 1024)).rejects.toMatchObject({
    code: 'absent',
    message: `cannot be read: ENOENT: no such file or directory, open '${missing}'`,
  });
  await expect(readTextFile(folder.path, 1024)).rejects.toMatchObject({
    code: 'unreadable',
    message: expect.stringContaining('cannot be read: EISDIR') as unknown,
  });
});

test('of a stream no more is taken than one chunk beyond the most', async () => {
  let chunks = 0;
  const endless = Readable.from(
    (function* () {
      for (;;) {
        chunks += 1;
        yield Buffer.alloc(1024, 'x');
      }
    })(),
    { highWaterMark: 1 },
  );
  await expect(readTextStream(endless, 4096)).rejects.toMatchObject({ code: 'too-large' });
  expect(chunks).toBeLessThan(10);
  expect(await readTextStream(Readable.from([Buffer.from('a'), Buffer.from('b')]), 2)).toBe('ab');
});
