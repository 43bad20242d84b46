import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

const names = ['audit.log.1.gz', 'audit.log-20261123.gz'];

test.for(names)(
  'what was not read yet when the file was cut is read in the compressed copy %s',
  async (name) => {
    await using log = await LogFolder.make();
    await using reader = new Reader(log.path);
    await log.write('one\ntwo\n');
    await reader.drain();
    await log.write('three\n');
    await writeFile(`${log.folder}/${name}`, gzipSync(await readFile(log.path)));
    await writeFile(log.path, Buffer.concat([Buffer.alloc(5000), Buffer.from('four\n')]));
    const { text, gaps } = await reader.drain();
    expect(text).toBe('one\ntwo\nthree\nfour\n');
    expect(gaps).toMatchObject([{ reason: 'unproven', before: { offset: 14 }, after: { offset: 5000 } }]);
    await reader.restart(reader.state);
    expect((await reader.drain()).text).toBe('one\ntwo\nthree\nfour\n');
  },
);

test.for(names)(
  'the compressed copy %s of less than was read is not read again, also after a restart',
  async (name) => {
    await using log = await LogFolder.make();
    await using reader = new Reader(log.path);
    await log.write('one\n');
    await reader.drain();
    await writeFile(`${log.folder}/${name}`, gzipSync(await readFile(log.path)));
    await log.write('two\n');
    await reader.drain();
    await writeFile(log.path, 'three\n');
    await reader.drain();
    await reader.restart(reader.state);
    await log.write('four\n');
    const { text, gaps } = await reader.drain();
    expect(text).toBe('one\ntwo\nthree\nfour\n');
    expect(gaps).toMatchObject([{ reason: 'truncated', before: { offset: 8 } }]);
  },
);

test('a compressed file that only begins like the one that was cut is read', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\ntwo\nthree\n');
  await reader.drain();
  await writeFile(`${log.path}.1.gz`, gzipSync('one\nTWO\nTHREE\n'));
  await writeFile(log.path, 'four\n');
  const { text, gaps } = await reader.drain();
  expect(text.split('\n').toSorted()).toEqual(
    'one\ntwo\nthree\none\nTWO\nTHREE\nfour\n'.split('\n').toSorted(),
  );
  expect(gaps.length).toBeGreaterThan(0);
});
