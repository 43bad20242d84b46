import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogFolder } from './log-folder.ts';
import { Reader } from './reading.ts';

type Step =
  | { do: 'write'; text: string }
  | { do: 'rotate' | 'rename' | 'crash' }
  | { do: 'compress'; which: number }
  | { do: 'read'; chunks: number }
  | { do: 'save'; at: number };

/** Lines that repeat (files that begin alike), long ones, empty ones, and pieces without a newline. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('same\n', 'same\nsame\n', '\n', 'other\n') },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 3000 }).map((bytes) => `${'x'.repeat(bytes)}\n`) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 999_999 }).map((line) => `line ${line}\n`.repeat(3)) },
  { weight: 1, arbitrary: fc.constantFrom('torn', '\0', '\u00ff\u00fe\r') },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: text.map((written) => ({ do: 'write' as const, text: written })) },
  { weight: 3, arbitrary: fc.constant({ do: 'rotate' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'rename' as const }) },
  { weight: 2, arbitrary: fc.nat(9).map((which) => ({ do: 'compress' as const, which })) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }).map((chunks) => ({ do: 'read' as const, chunks })) },
  {
    weight: 2,
    arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map((at) => ({ do: 'save' as const, at })),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
);

/** The writer, the agent, and what was saved, with everything that must come out. */
class Model {
  written = '';
  readonly log: LogFolder;
  readonly reader: Reader;
  #saved: { state: Reader['state']; text: string; gaps: number };

  constructor(log: LogFolder) {
    this.log = log;
    this.reader = new Reader(log.path, { lineBytesMax: 1500, chunkBytesMax: 700 });
    this.#saved = { state: this.reader.source.stateAt(0), text: '', gaps: 0 };
  }

  async run(one: Step): Promise<void> {
    switch (one.do) {
      case 'write':
        await this.log.write(one.text);
        this.written += Buffer.from(one.text).toString('latin1');
        return;
      case 'rotate':
        await this.log.write('');
        await this.log.rotate();
        return;
      case 'rename':
        await this.log.write('');
        await this.log.renameAway();
        return;
      case 'compress': {
        const backup = this.log.backups.splice(one.which, 1)[0];
        if (backup) await this.log.compress(backup);
        return;
      }
      case 'read':
        await this.reader.drain(one.chunks);
        return;
      case 'save':
        this.#save(one.at);
        return;
      case 'crash':
        await this.crash();
    }
  }

  /** Back to what was saved: what was read since was never sealed. */
  async crash(): Promise<void> {
    const { reading } = this.reader;
    reading.text = this.#saved.text;
    reading.gaps.length = this.#saved.gaps;
    await this.reader.restart(this.#saved.state);
  }

  /** Saves at a line boundary of the last chunk. */
  #save(at: number): void {
    const { text: read, gaps } = this.reader.reading;
    const { last, fresh } = this.reader;
    let end = last?.end ?? 0;
    if (fresh && last?.kind === 'lines') {
      const length = last.end - last.start;
      const bytes = read.slice(read.length - length);
      end = last.start + bytes.lastIndexOf('\n', Math.floor(at * length)) + 1;
    }
    const state = this.reader.source.stateAt(end);
    this.#saved = {
      state,
      text: last ? read.slice(0, read.length - (last.end - end)) : read,
      gaps: gaps.length,
    };
  }
}

async function outcomeOf(steps: Step[]): Promise<void> {
  await using log = await LogFolder.make();
  const model = new Model(log);
  await using reader = model.reader;
  for (const one of steps) await model.run(one);
  await model.run({ do: 'write', text: 'the end\n' });
  await reader.drain();
  expect(reader.reading.text).toBe(model.written);
  expect(reader.reading.gaps).toEqual([]);
  await model.crash();
  await reader.drain();
  expect(reader.reading.text).toBe(model.written);
  expect(reader.reading.gaps).toEqual([]);
}

test('whatever is written, rotated, compressed, read, saved and crashed in any order: each line once, no gap', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), outcomeOf), {
    seed: Number(process.env['SOURCE_SEED'] ?? 20261123),
    numRuns: Number(process.env['SOURCE_RUNS'] ?? 150),
    interruptAfterTimeLimit: 50_000,
  });
});
