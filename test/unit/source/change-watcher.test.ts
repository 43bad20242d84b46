import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

const never = new AbortController().signal;

test('waiting ends after the poll interval, and at once when aborted', async () => {
  await using log = await LogFolder.make();
  await using reader = new Reader(log.path, { pollMilliseconds: 30 });
  const started = performance.now();
  await reader.source.wait(never);
  expect(performance.now() - started).toBeGreaterThanOrEqual(29);
  await using slow = new Reader(log.path, { pollMilliseconds: 60_000 });
  const abort = new AbortController();
  const waiting = slow.source.wait(abort.signal);
  abort.abort();
  await waiting;
  await slow.source.wait(abort.signal);
});

test('the watcher ends a long wait when a line is written, and again after a rotation', async () => {
  await using log = await LogFolder.make();
  await log.write('zero\n');
  await using reader = new Reader(log.path, { pollMilliseconds: 60_000, watch: true });
  // A watcher misses what happens before it is ready, so write until it has woken.
  for (const rotate of [false, true]) {
    if (rotate) await log.rotate();
    await reader.drain();
    let woken = false;
    const waiting = reader.source.wait(never).then(() => (woken = true));
    await expect
      .poll(async () => {
        await log.write('line\n');
        return woken;
      })
      .toBe(true);
    await waiting;
  }
});

test('an idle poll costs two looks and reads nothing', async () => {
  await using log = await LogFolder.make();
  await log.write('first\n');
  for (let file = 0; file < 100; file++) await log.rotate(`file ${file}\n`);
  await using reader = new Reader(log.path);
  await reader.drain();
  const polls = 2000;
  const started = process.cpuUsage();
  for (let poll = 0; poll < polls; poll++) expect(await reader.source.read()).toBeUndefined();
  const { user, system } = process.cpuUsage(started);
  // At four polls a second this is 0.2 % of a core; a directory of 100 backups listed each time costs ten times more.
  expect((user + system) / polls).toBeLessThan(500);
});
