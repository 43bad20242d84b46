import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const tickMilliseconds = 10;

/** Real lines of a recorded log, each under the time of its writing, a fixed number a second. */
export class PacedWriter {
  /** Milliseconds since 1970 at which each line was written. */
  readonly writtenAt: number[] = [];
  readonly #path: string;
  readonly #samples: string[];

  constructor(path: string) {
    this.#path = path;
    this.#samples = readFileSync(join(import.meta.dirname, '../../test/kit/fixtures/samples.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .filter((line) => line.length < 4000 && line.includes('"stageTimestamp":"'));
  }

  async write(perSecond: number, seconds: number): Promise<void> {
    const began = performance.now();
    for (let due = 0; due < perSecond * seconds;) {
      const until = Math.min(perSecond * seconds, ((performance.now() - began) * perSecond) / 1000);
      const lines = Math.floor(until - due);
      this.burst(lines);
      due += lines;
      await delay(tickMilliseconds);
    }
  }

  /** All at once. */
  burst(lines: number): void {
    const now = new Date();
    const stamp = `"stageTimestamp":"${now.toISOString()}"`;
    let text = '';
    for (let n = 0; n < lines; n += 1) {
      const sample = this.#samples[this.writtenAt.length % this.#samples.length] ?? '';
      text += `${sample.replace(/"stageTimestamp":"[^"]*"/u, stamp)}\n`;
      this.writtenAt.push(now.getTime());
    }
    if (lines > 0) appendFileSync(this.#path, text);
  }
}
