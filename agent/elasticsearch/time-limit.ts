/**
 * The time that Elasticsearch may take over one request, from its start to the last byte of the answer. It does not run while
 * the caller works on what has come already: a caller that is slow must not look like a server that is.
 */
export class TimeLimit {
  readonly #over = new AbortController();
  #milliseconds: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** It runs from now on. */
  constructor(seconds: number) {
    this.#milliseconds = seconds * 1000;
    this.resume();
  }

  /** Aborts when the time is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Without effect while it does not run. */
  pause(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#milliseconds -= performance.now() - this.#startedAt;
  }

  /** Without effect while it runs. */
  resume(): void {
    if (this.#timer) return;
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.#end(), Math.max(0, this.#milliseconds));
  }

  #end(): void {
    // By this name the client's transport knows that the node is to be left out for a while.
    this.#over.abort(new DOMException('no whole answer in time', 'TimeoutError'));
  }
}
