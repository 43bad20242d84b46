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

  /** `text` gives the line; it is asked for only when it is shown. */
  show(text: () => string): void {
    if (!this.#stream.isTTY) return;
    const now = performance.now();
    if (now - this.#shownAt < intervalMilliseconds) return;
    this.#shownAt = now;
    this.#isShown = true;
    this.#stream.write(`\r\u001b[K${text()}`);
  }

  clear(): void {
    if (this.#isShown) this.#stream.write('\r\u001b[K');
    this.#isShown = false;
  }
}
