import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Rotator } from '../../test/kit/rotator/index.ts';
import { listEntry } from './count.ts';
import { lineOfNumber } from './line.ts';

const tickMilliseconds = 10;
/** A writer that was held up catches up, but not in one go. */
const behindSecondsMax = 0.5;

export interface WriterOptions {
  /** The binary of test/kit/rotator. */
  rotator: string;
  path: string;
  /** File for its own list of what it wrote, see {@link listEntry}. */
  list: string;
  megabytesPerSecond: number;
  maxSizeMiB: number;
  maxBackups: number;
  compress: boolean;
}

/** Writes numbered audit events at a steady rate through the real lumberjack, one write each, and lists what it wrote. */
export class Writer {
  written = 0;
  bytes = 0;
  /** Nothing is written while it is set. */
  held = false;
  readonly #options: WriterOptions;
  readonly #rotator: Rotator;
  readonly #list: WriteStream;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#rotator = new Rotator(options.rotator, options);
    this.#list = createWriteStream(options.list);
  }

  /** Writes so many events now. */
  async burst(count: number): Promise<void> {
    let text = '';
    for (let i = 0; i < count; i++) text += this.#next().toString();
    await this.#rotator.write(text);
  }

  /** Begins to write at the rate. */
  start(): void {
    this.#running = this.#run();
  }

  /** Resolves when all is written. The process stays, as compression may not have ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#rotator[Symbol.asyncDispose]();
    this.#list.end();
    await once(this.#list, 'close');
  }

  async #run(): Promise<void> {
    const bytesPerMillisecond = this.#options.megabytesPerSecond * 1000;
    let due = 0;
    for (let before = performance.now(); !this.#stopping;) {
      await delay(tickMilliseconds);
      const now = performance.now();
      due = Math.min(
        due + (now - before) * bytesPerMillisecond,
        behindSecondsMax * 1000 * bytesPerMillisecond,
      );
      before = now;
      if (this.held) due = 0;
      let text = '';
      while (due > 0) {
        const line = this.#next();
        text += line.toString();
        due -= line.length;
      }
      if (text !== '') await this.#rotator.write(text);
    }
  }

  #next(): Buffer {
    const line = lineOfNumber(this.written);
    this.#list.write(listEntry(line));
    this.written += 1;
    this.bytes += line.length;
    return line;
  }
}
