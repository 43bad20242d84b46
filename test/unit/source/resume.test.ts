import { readFile, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseTailState, SourceError } from '../../../agent/source/index.ts';
import { LogFolder } from './log-folder.ts';
import { endOf, Reader, textOf } from './reading.ts';

test('reading goes on at any line boundary inside a chunk', async () => {
  await using log = await LogFolder.make();
  const lines = Array.from({ length: 40 }, (_, line) => `${'x'.repeat(line * 7)}${line}\n`);
  await log.write(lines.join(''));
  let boundary = 0;
  for (const line of ['', ...lines]) {
    boundary += line.length;
    await using reader = new Reader(log.path);
    const chunk = await reader.source.read();
    const before = chunk ? textOf(chunk).slice(0, boundary) : '';
    await reader.restart(reader.source.stateAt(boundary));
    expect(before + (await reader.drain()).text).toBe(lines.join(''));
    expect(reader.reading.gaps).toEqual([]);
  }
});

test('asked for a state after the bytes are gone, it refuses instead of guessing', async () => {
  await using log = await LogFolder.make();
  await log.write(`${'x'.repeat(3000)}\n`.repeat(3));
  await using reader = new Reader(log.path);
  await reader.drain();
  expect(() => reader.source.stateAt(3001)).toThrow(RangeError);
  expect(() => reader.source.stateAt(9004)).toThrow('not inside the last chunk');
  expect(reader.source.stateAt(9003).files[0]?.offset).toBe(9003);
});

test('before the first chunk the state is the one that was given', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  await using reader = new Reader(log.path);
  expect(reader.source.stateAt(0)).toEqual({ v: 1, files: [] });
  await reader.drain();
  const { state } = reader;
  await reader.restart(state);
  expect(reader.source.stateAt(0)).toEqual(state);
});

test.for([
  { rotations: 1, compress: false },
  { rotations: 3, compress: false },
  { rotations: 20, compress: false },
  { rotations: 1, compress: true },
  { rotations: 3, compress: true },
  { rotations: 20, compress: true },
])(
  'down over $rotations rotations (compressed: $compress), all is caught up in order',
  async ({ rotations, compress }) => {
    await using log = await LogFolder.make();
    await using reader = new Reader(log.path);
    let written = 'zero\nread\n';
    await log.write(written);
    await reader.drain();
    const { state } = reader;
    for (let rotation = 0; rotation < rotations; rotation++) {
      const [end, begin] = [`end of ${rotation}\n`, `begin of ${rotation + 1}\n`];
      await log.write(end);
      const backup = await log.rotate(begin);
      if (compress) await log.compress(backup);
      written += end + begin;
    }
    await reader.restart(state);
    const { text, gaps, ended } = await reader.drain();
    expect(text).toBe(written);
    expect(gaps).toEqual([]);
    expect(ended).toHaveLength(rotations);
  },
);

test('a backup that is compressed while it is read is read on in its compressed form after a restart', async () => {
  await using log = await LogFolder.make();
  const lines = Array.from({ length: 500 }, (_, line) => `line ${line}\n`).join('');
  await log.write(lines);
  const backup = await log.rotate('live\n');
  await using reader = new Reader(log.path, { chunkBytesMax: 1000 });
  await reader.drain(2);
  const { state } = reader;
  await log.compress(backup);
  // Held open, the unlinked file is still whole.
  await reader.drain(1);
  const more = reader.state;
  await reader.restart(more);
  const { text, gaps } = await reader.drain();
  expect(text).toBe(`${lines}live\n`);
  expect(gaps).toEqual([]);
  await using again = new Reader(log.path, { state });
  expect((await again.drain()).text).toBe(lines.slice(state.files[0]?.offset) + 'live\n');
});

test('of a backup and its compressed form being written, only the backup is read', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  const backup = await log.rotate('two\n');
  const whole = await readFile(backup);
  await log.compress(backup);
  const compressed = await readFile(`${backup}.gz`);
  await writeFile(backup, whole);
  await truncate(`${backup}.gz`, compressed.length / 2);
  await using reader = new Reader(log.path);
  expect((await reader.drain()).text).toBe('one\ntwo\n');
});

test('after a restart at the end of a file its successor is proven by the directory', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  await log.rotate('two\n');
  await using reader = new Reader(log.path);
  await reader.drain(2);
  expect(reader.reading.ended).toHaveLength(1);
  await reader.restart(reader.state);
  const { gaps, chunks } = await reader.drain();
  expect(gaps).toEqual([]);
  expect(chunks.at(-1)).toMatchObject({ after: reader.reading.ended[0] });
});

test('after a restart at the end of a file that was deleted since, its successor is unproven', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  await log.rotate('two\n');
  await using reader = new Reader(log.path);
  await reader.drain(2);
  const { state } = reader;
  await log.deleteBeyond(0);
  await reader.restart(state);
  const { text, gaps, chunks } = await reader.drain();
  expect(text).toBe('one\ntwo\n');
  expect(gaps).toMatchObject([{ reason: 'unproven' }]);
  expect(chunks.at(-1)).not.toHaveProperty('after');
});

test('a deleted file that was not read to its end leaves a gap that says how much is missing at least', async () => {
  await using log = await LogFolder.make();
  await log.write('one\ntwo\n');
  await using reader = new Reader(log.path);
  await reader.drain();
  const state = reader.source.stateAt(4);
  await log.rotate('three\n');
  await log.rotate('four\n');
  await log.deleteBeyond(1);
  await reader.restart(state);
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\nfour\n');
  expect(gaps).toMatchObject([
    { reason: 'deleted', before: { path: log.path, offset: 4 }, after: { offset: 0 }, bytesMin: 4 },
  ]);
});

test('a gap is reported once, also when the restart comes right after it', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  await using reader = new Reader(log.path);
  await reader.drain();
  const { state } = reader;
  await unlink(log.path);
  await log.write('two\n');
  await reader.restart(state);
  await reader.drain(1);
  expect(reader.reading.gaps).toHaveLength(1);
  await reader.restart(reader.source.stateAt(0));
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\n');
  expect(gaps).toHaveLength(1);
});

test('a file truncated and written anew while down is told from the one that was read', async () => {
  await using log = await LogFolder.make();
  await log.write('one\ntwo\n');
  await using reader = new Reader(log.path);
  await reader.drain();
  const { state } = reader;
  await writeFile(log.path, 'one\nTWO\nthree\n');
  await reader.restart(state);
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\none\nTWO\nthree\n');
  expect(gaps).toMatchObject([{ reason: expect.stringMatching(/truncated|deleted/) }]);
});

test('a truncation that was seen but not yet followed by a line survives a restart', async () => {
  await using log = await LogFolder.make();
  await log.write('one\ntwo\n');
  await using reader = new Reader(log.path);
  await reader.drain();
  await truncate(log.path);
  await reader.drain();
  await reader.restart(reader.state);
  await log.write('three\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\n');
  expect(gaps).toMatchObject([{ reason: 'truncated' }]);
});

test('what was read is not read again when the file after it is lost', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  await log.rotate('two\n');
  await using reader = new Reader(log.path);
  await reader.drain();
  const { state } = reader;
  await rm(log.path);
  await log.write('three\n');
  await reader.restart(state);
  expect((await reader.drain()).text).toBe('one\ntwo\nthree\n');
});

test('backups whose names do not sort as they were written are all read, once', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  await using reader = new Reader(log.path);
  await reader.drain();
  await log.rotate('two\n');
  await rename(log.path, `${log.folder}/audit-2026-01-01T00-00-00.000.log`);
  await log.write('three\n');
  await reader.drain();
  await reader.restart(reader.state);
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\nthree\n');
  // By name neither is the next of the one read before it.
  expect(gaps.map(({ reason }) => reason)).toEqual(['unproven', 'unproven']);
});

test('of two equal files the one that is left after a restart is told by its inode', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('same\n');
  await log.rotate('same\n');
  await reader.drain();
  const { state } = reader;
  await log.deleteBeyond(0);
  await reader.restart(state);
  await log.write('more\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('same\nsame\nmore\n');
  expect(gaps).toEqual([]);
});

test('a saved state that is newer or damaged is refused with what to do', () => {
  expect(() => parseTailState({ v: 2, anything: true })).toThrow(SourceError);
  expect(() => parseTailState({ v: 2 })).toThrow('newer');
  expect(() => parseTailState({ v: 1, files: [{ id: 'x' }] })).toThrow('damaged');
  expect(() => parseTailState({ v: 1, files: [], current: `${'0'.repeat(64)}#0` })).toThrow('no record');
  expect(() => parseTailState('garbage')).toThrow(SourceError);
});

test('a long line is streamed, counted, and a restart at either side of it loses nothing', async () => {
  await using log = await LogFolder.make();
  const long = 'y'.repeat(5000);
  await log.write(`short\n${long}\nshort\n`);
  for (const side of ['start', 'end'] as const) {
    await using reader = new Reader(log.path, { lineBytesMax: 1000, chunkBytesMax: 256 });
    await reader.drain(2);
    const chunk = reader.reading.chunks[1];
    expect(chunk).toMatchObject({ kind: 'long', start: 6, end: 5007, lineBytes: 5000 });
    if (side === 'start') reader.reading.text = 'short\n';
    await reader.restart(reader.source.stateAt(side === 'start' ? 6 : endOf(chunk)));
    expect((await reader.drain()).text).toBe(`short\n${long}\nshort\n`);
    expect(reader.reading.gaps).toEqual([]);
  }
});
