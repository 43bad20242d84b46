import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Obstacle, SourceOptions } from '../../../agent/source/index.ts';
import { LogFolder } from './log-folder.ts';
import type { KeptLine } from './reading.ts';
import { Reader } from './reading.ts';

/** A reader, and what it was told about whether its log can be read. */
class Watched extends Reader {
  readonly looks: (Obstacle | undefined)[];

  constructor(path: string, options: Partial<SourceOptions<KeptLine>> = {}) {
    const looks: (Obstacle | undefined)[] = [];
    super(path, { probeMilliseconds: 100, onReadable: (obstacle) => looks.push(obstacle), ...options });
    this.looks = looks;
  }

  /** Reads until the last look is as wanted. */
  async until(code: string | undefined): Promise<void> {
    await expect
      .poll(async () => {
        await this.drain();
        return { looks: this.looks.length > 0, code: this.looks.at(-1)?.code };
      })
      .toEqual({ looks: true, code });
  }
}

/** What can lie at the path in the place of a log: how it gets there, what is said, and what lag is known. */
const inTheWay: [name: string, place: (log: LogFolder) => Promise<unknown>, code: string, remedy: string][] =
  [
    [
      'a folder that is not there',
      (log) => rm(log.folder, { recursive: true }),
      'ENOENT',
      'mount the folder',
    ],
    ['links in a circle', (log) => symlink(log.path, log.path), 'ELOOP', 'the path of the file itself'],
    ['a folder', (log) => mkdir(log.path), 'EISDIR', 'the live file in it'],
    ['a FIFO', (log) => Promise.resolve(execFileSync('mkfifo', [log.path])), 'EINVAL', 'a FIFO'],
    ['a device', (log) => symlink('/dev/null', log.path), 'EINVAL', 'a device'],
    [
      'a path that goes through a file',
      async (log) => {
        await rm(log.folder, { recursive: true });
        await new LogFolder(join(log.folder, '..')).write('');
        await rename(join(log.folder, '../audit.log'), log.folder);
      },
      'ENOTDIR',
      'correct the path',
    ],
  ];

test.each(inTheWay)(
  '%s is told with what to do, once, with a lag that is not known, and is over when there is a log',
  async (_name, place, code, remedy) => {
    await using log = await LogFolder.make();
    await place(log);
    await using reader = new Watched(log.path);
    for (let poll = 0; poll < 5; poll++) await reader.drain();
    expect(reader.looks).toMatchObject([{ code, remedy: expect.stringContaining(remedy) as unknown }]);
    expect(reader.reading.told).toEqual([
      expect.stringMatching(`^cannot read .* \\(${code}\\); trying again: .*`),
    ]);
    expect(reader.reading.told[0]).toContain(remedy);
    expect(await reader.source.lagBytes()).toBeUndefined();

    await rm(code === 'ENOTDIR' ? log.folder : log.path, { recursive: true, force: true });
    await mkdir(log.folder, { recursive: true });
    await log.write('one\n');
    await reader.until(undefined);
    expect(reader.reading.text).toBe('one\n');
    expect(reader.reading.told.at(-1)).toBe(`${log.path} can be read again`);
    expect(reader.looks).toHaveLength(2);
    expect(await reader.source.lagBytes()).toBe(0);
  },
);

test('a socket in the place of the log is told', async () => {
  await using log = await LogFolder.make();
  const server = createServer().listen(log.path);
  await once(server, 'listening');
  await using reader = new Watched(log.path);
  await reader.drain();
  expect(reader.looks).toMatchObject([
    { code: 'EINVAL', remedy: expect.stringContaining('a socket') as unknown },
  ]);
  server.close();
  await once(server, 'close');
});

test('a log that is not there yet, in a folder that is, is waited for before that counts', async () => {
  await using log = await LogFolder.make();
  await using patient = new Watched(log.path);
  await using hasty = new Watched(log.path, { absentMillisecondsMax: 0 });
  for (let poll = 0; poll < 5; poll++) await Promise.all([patient.drain(), hasty.drain()]);
  expect(patient.looks).toEqual([undefined]);
  expect(await patient.source.lagBytes()).toBe(0);
  expect(hasty.looks).toMatchObject([
    { code: 'ENOENT', path: log.path, remedy: expect.stringContaining('--audit-log-path') as unknown },
  ]);
  await log.write('one\n');
  await hasty.until(undefined);
});

test('a link that leads to nothing says so when it counts', async () => {
  await using log = await LogFolder.make();
  await symlink(join(log.folder, 'elsewhere.log'), log.path);
  await using reader = new Watched(log.path, { absentMillisecondsMax: 0 });
  await reader.drain();
  expect(reader.looks).toMatchObject([
    { code: 'ENOENT', remedy: expect.stringContaining('link leads to nothing') as unknown },
  ]);
});

test('a file that is held open is read, wherever it went: its absence never counts', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  await using reader = new Watched(log.path, { absentMillisecondsMax: 0 });
  await reader.until(undefined);
  // As an outside logrotate with `nocreate`: the writer goes on in the renamed file.
  await rename(log.path, `${log.path}.1`);
  const looked = performance.now();
  // Longer than between two looks at the live path.
  await expect.poll(async () => (await reader.drain(), performance.now() - looked)).toBeGreaterThan(500);
  expect(reader.looks).toEqual([undefined]);
});

test('while reading is paused a folder that goes away is told, and its coming back', async () => {
  await using log = await LogFolder.make();
  await log.write('one\n');
  await using reader = new Watched(log.path);
  await reader.until(undefined);
  const moved = `${log.folder}-elsewhere`;
  await rename(log.folder, moved);
  const held = async () => (await reader.source.reserve(false), reader.looks.at(-1)?.code);
  await expect.poll(held).toBe('ENOENT');
  await rename(moved, log.folder);
  await expect.poll(held).toBeUndefined();
});
