import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from './index.ts';
import type { Transaction } from './types.ts';

/** A part of a transaction; `lazy` parts wait for the next that is not, or `lazyMilliseconds`. */
type Part = Partial<Transaction>;

interface Waiting {
  part: Part;
  resolve: (sequences: number[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: at most `commitsPerSecondMax` transactions a second, one in flight, each with all that is waiting.
 * etcd lives on the same disks, and every commit costs it an fsync.
 */
export class Committer {
  readonly #store: Store;
  readonly #intervalMilliseconds: number;
  readonly #lazyMilliseconds: number;
  #waiting: Waiting[] = [];
  #running = false;
  #lazyTimer: NodeJS.Timeout | undefined;
  #lastAt = -Infinity;

  constructor(store: Store, options: { commitsPerSecondMax: number; lazyMilliseconds?: number }) {
    this.#store = store;
    this.#intervalMilliseconds = 1000 / options.commitsPerSecondMax;
    this.#lazyMilliseconds = options.lazyMilliseconds ?? 10_000;
  }

  /** Durable when it resolves; gives the sequence numbers of the part's batches. */
  commit(part: Part): Promise<number[]> {
    const done = this.#enqueue(part);
    void this.#run();
    return done;
  }

  /** For what may be lost in a crash without harm (an acknowledgement: the batch is sent again and answered 409). */
  commitLazily(part: Part): Promise<number[]> {
    const done = this.#enqueue(part);
    this.#lazyTimer ??= setTimeout(() => void this.#run(), this.#lazyMilliseconds);
    return done;
  }

  /** Commits what is waiting now. */
  async flush(): Promise<void> {
    if (this.#waiting.length > 0) await this.commit({});
  }

  #enqueue(part: Part): Promise<number[]> {
    return new Promise((resolve, reject) => this.#waiting.push({ part, resolve, reject }));
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#waiting.length > 0) {
      const early = this.#lastAt + this.#intervalMilliseconds - performance.now();
      if (early > 0) await delay(early);
      clearTimeout(this.#lazyTimer);
      this.#lazyTimer = undefined;
      const group = this.#waiting;
      this.#waiting = [];
      this.#lastAt = performance.now();
      await this.#commitGroup(group);
    }
    this.#running = false;
  }

  async #commitGroup(group: Waiting[]): Promise<void> {
    const parts = group.map(({ part }) => part);
    try {
      const sequences = await this.#store.commit({
        epochs: parts.flatMap((part) => part.epochs ?? []),
        batches: parts.flatMap((part) => part.batches ?? []),
        refusals: parts.flatMap((part) => part.refusals ?? []),
        acknowledged: parts.flatMap((part) => part.acknowledged ?? []),
        starts: parts.flatMap((part) => part.starts ?? []),
      });
      let given = 0;
      for (const { part, resolve } of group)
        resolve(sequences.slice(given, (given += part.batches?.length ?? 0)));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
