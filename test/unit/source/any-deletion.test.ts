import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

type Step =
  | { do: 'write'; text: string }
  | { do: 'rotate' | 'hold' }
  | { do: 'compress'; which: number }
  | { do: 'delete'; most: number }
  | { do: 'read'; chunks: number };

/** Lines that repeat (files that begin alike), and more than a chunk; the model makes each write another. */
const text = fc.constantFrom('same\n', 'same\nsame\n', 'x'.repeat(200), 'line\n'.repeat(30));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: text.map((written) => ({ do: 'write' as const, text: written })) },
  { weight: 4, arbitrary: fc.constant({ do: 'rotate' as const }) },
  { weight: 1, arbitrary: fc.nat(9).map((which) => ({ do: 'compress' as const, which })) },
  { weight: 3, arbitrary: fc.nat(3).map((most) => ({ do: 'delete' as const, most })) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }).map((chunks) => ({ do: 'read' as const, chunks })) },
  { weight: 1, arbitrary: fc.constant({ do: 'hold' as const }) },
);

/** One file of the rotation, and whether the reader looked at the directory while it was there. */
interface Written {
  text: string;
  seen: boolean;
  deleted: boolean;
}

/** A writer that deletes what was not read, and a slow reader that looks at the directory at each read. */
class Model {
  readonly files: Written[] = [{ text: '', seen: false, deleted: false }];
  readonly log: LogFolder;
  readonly reader: Reader;
  #writes = 0;

  constructor(log: LogFolder) {
    this.log = log;
    this.reader = new Reader(log.path, { lookAheadMilliseconds: 0, chunkBytesMax: 150 });
  }

  /** What has to come out: each file that was there at a look, whole, and nothing else. */
  get expected(): string {
    return this.files.map(({ text: written, seen }) => (seen ? written : '')).join('');
  }

  async run(one: Step): Promise<void> {
    switch (one.do) {
      case 'write': {
        // No two events are equal, so no two files are: the reader takes an equal one for a copy.
        const written = `${one.text}${++this.#writes}${one.text.endsWith('\n') ? '\n' : ''}`;
        await this.log.write(written);
        this.#live.text += written;
        return;
      }
      case 'rotate':
        await this.log.write('');
        await this.log.rotate();
        this.files.push({ text: '', seen: false, deleted: false });
        return;
      case 'compress': {
        const backup = this.log.backups[one.which];
        if (backup) await this.log.compress(backup).catch(() => undefined);
        return;
      }
      case 'delete':
        await this.log.deleteBeyond(one.most);
        for (const file of this.files.slice(0, Math.max(0, this.files.length - 1 - one.most)))
          file.deleted = true;
        return;
      case 'hold':
        this.#see();
        return await this.reader.source.reserve(false);
      case 'read':
        this.#see();
        await this.reader.drain(one.chunks);
    }
  }

  get #live(): Written {
    const live = this.files.at(-1);
    if (!live) throw new Error('there is always a live file');
    return live;
  }

  #see(): void {
    for (const file of this.files) file.seen ||= !file.deleted;
  }
}

async function outcomeOf(steps: Step[]): Promise<void> {
  await using log = await LogFolder.make();
  const model = new Model(log);
  await using reader = model.reader;
  await model.run({ do: 'write', text: 'the beginning\n' });
  await model.run({ do: 'read', chunks: 1 });
  for (const one of steps) await model.run(one);
  await model.run({ do: 'write', text: 'the end\n' });
  await model.run({ do: 'read', chunks: Infinity });
  expect(reader.reading.text).toBe(model.expected);
  const lost = model.files.some(({ text: written, seen }) => !seen && written !== '');
  if (lost) expect(reader.reading.gaps).not.toEqual([]);
}

test('whatever is written, rotated, compressed and deleted under a slow reader in any order: every file that it saw comes out whole, once, in order, and a loss is a gap', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), outcomeOf), {
    seed: Number(process.env['SOURCE_SEED'] ?? 20261123),
    numRuns: Number(process.env['SOURCE_RUNS'] ?? 150),
    interruptAfterTimeLimit: 50_000,
  });
});
