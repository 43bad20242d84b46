import { fit } from '../agent/cli/terminal/text.ts';

export interface Output {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

/** Of a terminal that does not say. */
const columnsUnknown = 80;

/** Where the demo speaks: headings, lines, and on a terminal one block that is redrawn in place. */
export class Screen {
  readonly #output: Output;
  #blockLines = 0;
  #steps = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  get isTerminal(): boolean {
    return this.#output.isTTY === true;
  }

  heading(title: string): void {
    this.#steps++;
    const text = `${this.#steps}. ${title}`;
    this.#output.write(this.isTerminal ? `\n\u001B[1m${text}\u001B[22m\n` : `\n${text}\n`);
  }

  line(text = ''): void {
    this.#output.write(text === '' ? '\n' : `   ${text}\n`);
  }

  lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** Draws a block over the one before; on a terminal only. */
  redraw(texts: readonly string[]): void {
    const up = this.#blockLines > 0 ? `\u001B[${this.#blockLines}A` : '';
    const width = (this.#output.columns || columnsUnknown) - 4;
    // Each line is cleared to its end, so that a shorter one leaves nothing of the longer one before.
    this.#output.write(up + texts.map((text) => `   ${fit(text, width)}\u001B[K\n`).join(''));
    this.#blockLines = texts.length;
  }

  /** The block stays as it is; what follows goes below. */
  endBlock(): void {
    this.#blockLines = 0;
  }
}
