import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { expect, inject, test } from 'vitest';
import { collect, difference, manifestsOf, until, verify } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { buildRotator } from '../../kit/rotator/index.ts';
import type { RotatorSettings } from '../../kit/rotator/index.ts';
import { NumberedRotator } from '../../kit/rotator/numbered.ts';

const url = inject('elasticsearchUrl');
const binary = await buildRotator();
const lumberjack = test.skipIf(!binary);

/** The real lumberjack beside an agent that has read its first lines. */
class Place {
  readonly scene: Scene;
  readonly writer: NumberedRotator;

  private constructor(scene: Scene, settings: Omit<RotatorSettings, 'path'>) {
    this.scene = scene;
    this.writer = new NumberedRotator(binary ?? '', { path: scene.writer.log.path, ...settings });
  }

  static async make(settings: Omit<RotatorSettings, 'path'> = {}, more = {}): Promise<Place> {
    const place = new Place(await Scene.make({ url, more }), settings);
    await place.writer.lines(5);
    await place.scene.start();
    await place.scene.shipped(5);
    return place;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.writer[Symbol.asyncDispose]();
    await this.scene[Symbol.asyncDispose]();
  }

  get folder(): string {
    return this.scene.writer.log.folder;
  }

  /** What happens between two looks of the agent. */
  async unseen(happens: () => Promise<unknown>): Promise<void> {
    const { pid } = this.scene.agent!;
    process.kill(pid, 'SIGSTOP');
    await happens();
    process.kill(pid, 'SIGCONT');
  }

  /** The lines on the disk, in all files. */
  async onDisk(): Promise<Set<string>> {
    const names = await readdir(this.folder);
    const files = await Promise.all(
      names.map(async (name) => {
        const bytes = await readFile(join(this.folder, name));
        return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1').split('\n').slice(0, -1);
      }),
    );
    return new Set(files.flat());
  }

  /** Stops the agent once `count` events have arrived. Returns what is missing or more, and the verdict's exit code. */
  async finish(count = this.writer.written.size) {
    const { scene, writer } = this;
    await scene.shipped(count);
    expect(await scene.agent?.stop()).toBe(0);
    const found = await collect(url, scene.namespace);
    const lost = [...writer.written.keys()].filter((line) => !found.has(line));
    const present = new Map([...writer.written].filter(([line]) => found.has(line)));
    expect(difference(present, found)).toEqual([]);
    const gaps = (await manifestsOf(url, scene.namespace)).flatMap((manifest) => manifest.gaps);
    return { lost, gaps, exitCode: (await verify(url, scene.namespace)).exitCode };
  }
}

const whole = { lost: [], gaps: [], exitCode: 0 };

lumberjack.for([false, true])(
  'sixty rotations of the real lumberjack in a row, each of a few lines, lose nothing and leave no gap (compressing: %s)',
  // On a busy machine a file may be compressed away before anybody has seen it: nothing is lost, and a gap `unproven` says so.
  { retry: 3 },
  async (compress) => {
    await using place = await Place.make({ compress });
    for (let n = 0; n < 60; n += 1) {
      await place.writer.linesAndRotate(3);
      // In the same millisecond lumberjack would overwrite the backup.
      await delay(2);
    }
    await place.writer.lines(5);
    expect(await place.finish()).toEqual(whole);
  },
);

lumberjack('two rotations between two looks, and thirty, lose nothing and leave no gap', async () => {
  await using place = await Place.make();
  for (const rotations of [2, 30]) {
    await place.unseen(async () => {
      for (let n = 0; n < rotations; n += 1) {
        await place.writer.linesAndRotate(2);
        await delay(2);
      }
      await place.writer.lines(2);
    });
    await place.scene.shipped(place.writer.written.size);
  }
  expect(await place.finish()).toEqual(whole);
});

lumberjack('files that are rotated while lines of megabytes are written are read whole', async () => {
  await using place = await Place.make({ maxSizeMiB: 2 }, { pollMilliseconds: 10 });
  for (let n = 0; n < 10; n += 1)
    await place.writer.line(`large ${n} ${randomBytes(750_000).toString('hex')}`);
  await place.writer.lines(5);
  expect((await readdir(place.folder)).length).toBeGreaterThan(8);
  expect(await place.finish()).toEqual(whole);
});

lumberjack(
  'with one backup kept, three rotations between two looks lose the files that lumberjack deleted, and one gap says so',
  async () => {
    await using place = await Place.make({ maxBackups: 1 });
    await place.unseen(async () => {
      for (let n = 0; n < 3; n += 1) {
        await place.writer.linesAndRotate(5);
        await delay(2);
      }
      await place.writer.lines(5);
      // It deletes a few milliseconds later.
      await until(
        async () => (await readdir(place.folder)).length === 2,
        () => 'lumberjack does not delete',
      );
    });
    const lines = [...place.writer.written.keys()];
    // The first file was open, the third and the live one are there.
    const { lost, gaps, exitCode } = await place.finish(lines.length - 5);
    expect(lost).toEqual(lines.slice(10, 15));
    expect(gaps).toMatchObject([{ reason: 'unproven' }]);
    expect(exitCode).toBe(3);
  },
);

lumberjack(
  'of backups that lumberjack overwrote in the same millisecond, everything that it left on the disk arrives',
  async () => {
    await using place = await Place.make();
    await place.unseen(async () => {
      const rotations = Array.from({ length: 300 }, () => place.writer.linesAndRotate(1));
      await Promise.all(rotations);
      await place.writer.lines(5);
    });
    const left = await place.onDisk();
    const overwritten = [...place.writer.written.keys()].slice(5).filter((line) => !left.has(line));
    expect(overwritten.length).toBeGreaterThan(0);
    // Of the first file nothing is lost, even if it was overwritten: the agent had it open.
    const first = [...place.writer.written.keys()].slice(0, 6);
    const expected = new Set([...left, ...first]);
    const { lost, exitCode } = await place.finish(expected.size);
    expect(lost.filter((line) => expected.has(line))).toEqual([]);
    expect([0, 3]).toContain(exitCode);
  },
);
