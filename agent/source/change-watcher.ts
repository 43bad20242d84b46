import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';

/** After a wake-up this much is let pass, so that a busy writer's events cost one look instead of thousands. */
const settleMilliseconds = 10;

/**
 * Waits for something new: a file system event or the poll interval, whichever is first. The watcher may miss
 * anything (inotify overflows, network file systems say nothing), so it only ever shortens a wait.
 */
export class ChangeWatcher {
  readonly #path: string;
  readonly #isWholeFolder: boolean;
  readonly #pollMilliseconds: number;
  readonly #onError: (error: unknown) => void;
  #watcher: FSWatcher | undefined;
  #watch: boolean;
  #woken = false;
  #wake: (() => void) | undefined;

  /**
   * @param isWholeFolder whatever changes in the file's folder wakes, too: a ConfigMap's file is a link to a link in its folder, of
   * which the kubelet replaces the second
   */
  constructor(
    path: string,
    pollMilliseconds: number,
    watches: boolean,
    onError: (error: unknown) => void,
    isWholeFolder = false,
  ) {
    this.#path = path;
    this.#isWholeFolder = isWholeFolder;
    this.#pollMilliseconds = pollMilliseconds;
    this.#watch = watches;
    this.#onError = onError;
  }

  async wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#start();
    const done = new AbortController();
    const stop = () => done.abort();
    this.#wake = stop;
    signal.addEventListener('abort', stop, { once: true });
    if (!this.#woken) await rest(this.#pollMilliseconds, done.signal);
    if (this.#woken) await rest(settleMilliseconds, signal);
    signal.removeEventListener('abort', stop);
    this.#wake = undefined;
    this.#woken = false;
  }

  async close(): Promise<void> {
    this.#watch = false;
    await this.#watcher?.close();
  }

  /** Watches the folder and the live file; a rotation shows as the live file's coming back. */
  #start(): void {
    if (!this.#watch || this.#watcher) return;
    const folder = dirname(this.#path);
    this.#watcher = watch(folder, {
      depth: 0,
      ignoreInitial: true,
      ignored: (path) => !this.#isWholeFolder && path !== folder && path !== this.#path,
    });
    this.#watcher.on('all', () => {
      this.#woken = true;
      this.#wake?.();
    });
    this.#watcher.on('error', this.#onError);
  }
}

/** Resolves after the time or at the abort. */
async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
