import type { WriteStream } from 'node:tty';

const intervalMilliseconds = 200;

/** One line that overwrites itself, on a terminal only. */
export class ProgressLine {
  readonly #stream: WriteStream;
  #shownAt = 0;
  #isShown = false;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** Shows a line at most five times a second; `text` is called only then. */
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
