/** A stage that the machine cannot run: said with its reason, and counted, but no failure. */
export class Unavailable extends Error {}

/** Prints a line for each thing proven, and counts. */
export class Report {
  readonly #say: (line: string) => void;
  #proven = 0;
  #failed = 0;
  #skipped = 0;
  #stage = 0;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  get failed(): number {
    return this.#failed;
  }

  /** What belongs together; if it fails where nothing is claimed (a server does not start), that is a failure too. */
  async stage(title: string, run: () => Promise<void>): Promise<void> {
    this.#stage += 1;
    this.#say(`\n${this.#stage}. ${title}`);
    const began = performance.now();
    try {
      await run();
    } catch (error) {
      if (error instanceof Unavailable) this.skip(title, error.message);
      else this.#fail('the stage did not come to its end', error);
    }
    this.#say(`  (${((performance.now() - began) / 1000).toFixed(0)} s)`);
  }

  /**
   * One claim: proven if `prove` resolves. What it resolves with is said behind it, as what was seen.
   * A claim that fails does not end the stage.
   */
  async claim(what: string, prove: () => Promise<string | void> | string | void): Promise<void> {
    try {
      const seen = await prove();
      this.#proven += 1;
      this.#say(`  proven   ${what}${seen === undefined ? '' : ` [${seen}]`}`);
    } catch (error) {
      if (error instanceof Unavailable) this.skip(what, error.message);
      else this.#fail(what, error);
    }
  }

  skip(what: string, why: string): void {
    this.#skipped += 1;
    this.#say(`  SKIPPED  ${what}: ${why}`);
  }

  /** What is no claim. */
  note(text: string): void {
    this.#say(`           ${text}`);
  }

  /** The count, as the last line. */
  end(): void {
    this.#say(`\n${this.#proven} proven, ${this.#failed} failed, ${this.#skipped} skipped`);
  }

  #fail(what: string, error: unknown): void {
    this.#failed += 1;
    this.#say(`  FAILED   ${what}`);
    const text = error instanceof Error ? error.message : String(error);
    for (const line of text.split('\n').slice(0, 40)) this.#say(`           ${line}`);
  }
}
