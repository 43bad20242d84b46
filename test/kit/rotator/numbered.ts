import { addTo } from '../agent/collect.ts';
import { lineNumber } from '../agent/index.ts';
import type { Multiset } from '../agent/index.ts';
import { Rotator } from './index.ts';

/** The real lumberjack, writing lines that all differ, and what it wrote. */
export class NumberedRotator extends Rotator {
  readonly written: Multiset = new Map();

  /** Writes `count` lines, each in a write of its own. */
  async lines(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) this.#send(lineNumber(this.written.size));
    await this.write('');
  }

  /** As `lines` and then `rotate`, sent without waiting for either: as fast as lumberjack can. */
  linesAndRotate(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) this.#send(lineNumber(this.written.size));
    return this.rotate();
  }

  /** One line of the test's own: latin1 text without a newline. */
  async line(line: string): Promise<void> {
    this.#send(line);
    await this.write('');
  }

  #send(line: string): void {
    addTo(this.written, line);
    this.process.stdin.write(Buffer.from(`${line}\n`, 'latin1'));
  }
}
