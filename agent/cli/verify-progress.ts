import type { WriteStream } from 'node:tty';

const intervalMilliseconds = 200;

/** One line that is written over and over, on a terminal only. */
export class ProgressLine {
  readonly #stream: WriteStream;
  #shownAt = 0;
  #isShown = false;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  show({ records, documents }: { records: number; documents: number }): void {
    if (!this.#stream.isTTY) return;
    const now = performance.now();
    if (now - this.#shownAt < intervalMilliseconds) return;
    this.#shownAt = now;
    this.#isShown = true;
    this.#stream.write(`\r\u001b[Kverifying: ${records} records, ${documents} events read`);
  }

  clear(): void {
    if (this.#isShown) this.#stream.write('\r\u001b[K');
    this.#isShown = false;
  }
}
