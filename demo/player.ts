import { setTimeout } from 'node:timers/promises';
import type { RotatingLog } from './rotating-log.ts';

/** Plays recorded lines into a log at an even pace. */
export class Player {
  /** Written so far. */
  lines = 0;
  bytes = 0;
  readonly lineCount: number;
  readonly byteCount: number;
  readonly #recorded: readonly Buffer[];
  readonly log: RotatingLog;

  constructor(recorded: readonly Buffer[], log: RotatingLog) {
    this.#recorded = recorded;
    this.lineCount = recorded.length;
    this.byteCount = recorded.reduce((sum, line) => sum + line.length, 0);
    this.log = log;
  }

  /** Writes everything, spread over `milliseconds` by bytes. Rejects with AbortError if `signal` aborts. */
  async play(milliseconds: number, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    try {
      for (const line of this.#recorded) {
        const due = startedAt + (this.bytes / this.byteCount) * milliseconds;
        const early = due - performance.now();
        if (early >= 1) await setTimeout(early, undefined, { signal });
        await this.log.write(line);
        this.lines++;
        this.bytes += line.length;
      }
    } finally {
      await this.log.close();
    }
  }
}
