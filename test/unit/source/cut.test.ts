import { truncate } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

/** Lines that differ everywhere, so that no two places of a file hold the same 1,024 bytes. */
const lines = (first: number, count: number) =>
  Array.from({ length: count }, (_, n) => `${first + n} ${`${first + n}-`.repeat(300)} ${first + n}\n`).join(
    '',
  );

test.for([
  { rewritten: 'more', count: 30 },
  { rewritten: 'less', count: 3 },
])(
  'a file that is cut, written anew with $rewritten than was read, and rotated, all between two looks, is read whole behind a gap',
  async ({ count }) => {
    await using log = await LogFolder.make();
    await using reader = new Reader(log.path);
    await log.write(lines(1000, 10));
    await reader.drain();
    await truncate(log.path);
    await log.write(lines(2000, count));
    await log.rotate(lines(3000, 5));
    await log.rotate(lines(4000, 5));
    const { text, gaps } = await reader.drain();
    expect(text).toBe(lines(1000, 10) + lines(2000, count) + lines(3000, 5) + lines(4000, 5));
    expect(gaps).toMatchObject([{ reason: 'truncated', before: { offset: lines(1000, 10).length } }]);
  },
);

test('a file that is cut when it was opened, before a line of it was read, is no place that a gap names', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path);
  await log.write('one\n');
  await reader.drain();
  await log.rotate('x'.repeat(2000));
  await reader.drain();
  await truncate(log.path);
  await log.write('two\n');
  const { text, gaps } = await reader.drain();
  expect(text).toBe('one\ntwo\n');
  expect(gaps).toMatchObject([{ reason: 'truncated', before: { offset: 4 }, after: { offset: 0 } }]);
});

test('whatever a writer cuts and rotates while it is read: no line is torn, none comes twice or out of order, and the last one comes', async () => {
  for (let round = 0; round < 12; round++) {
    await using log = await LogFolder.make();
    await using reader = new Reader(log.path, { lookAheadMilliseconds: round % 2 === 0 ? 0 : 250 });
    let count = 10;
    const write = async (most: number) => {
      const added = Math.floor(Math.random() * most);
      await log.write(lines(count, added));
      count += added;
    };
    await log.write(lines(0, count));
    await reader.drain();
    const writing = (async () => {
      for (let step = 0; step < 50; step++) {
        if (step % 5 === 0) await delay(2);
        const chance = Math.random();
        if (chance < 0.5) await write(60);
        else if (chance < 0.75) await log.rotate();
        else {
          await truncate(log.path);
          await write(60);
        }
      }
    })();
    const racing = new Set([writing.finally(() => racing.clear())]);
    while (racing.size > 0) {
      await reader.drain(1 + Math.random() * 3);
      if (Math.random() < 0.1) await reader.restart(reader.state);
      await delay(Math.random() * 4);
    }
    await writing;
    await log.write(lines(count, 1));
    await reader.drain();
    let before = -1;
    for (const line of reader.reading.text.split('\n').slice(0, -1)) {
      const number = Number(line.slice(0, line.indexOf(' ')));
      expect(`${line}\n`).toBe(lines(number, 1));
      expect(number).toBeGreaterThan(before);
      before = number;
    }
    expect(before).toBe(count);
  }
});
