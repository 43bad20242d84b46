import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from './error.ts';
import type { Store } from './store.ts';
import type { Transaction } from './types.ts';

const fullMilliseconds = 5000;

/** A part of a transaction; `lazy` parts wait for the next that is not, or `lazyMilliseconds`. */
type Part = Partial<Transaction>;

interface Waiting {
  part: Part;
  resolve: (sequences: number[]) => void;
  reject: (error: unknown) => void;
}

export interface CommitterOptions {
  commitsPerSecondMax: number;
  lazyMilliseconds?: number;
  /** Called at each failure after which the transaction is tried again: a full disk. */
  onRetry?: (error: Error) => void;
  /** Called after each durable transaction, with how long it took. */
  onCommitted?: (seconds: number) => void;
  /** Asked before each transaction: what `status` shall show of each source. */
  observe?: () => Transaction['observations'];
}

/**
 * Group commit: at most `commitsPerSecondMax` transactions a second, one in flight, each with all that is waiting.
 * etcd lives on the same disks, and every commit costs it an fsync.
 */
export class Committer {
  readonly #store: Store;
  readonly #options: CommitterOptions;
  readonly #intervalMilliseconds: number;
  readonly #lazyMilliseconds: number;
  #waiting: Waiting[] = [];
  #running = false;
  #lazyTimer: NodeJS.Timeout | undefined;
  #lastAt = -Infinity;
  #begun = 0;
  #isDiskFull = false;

  constructor(store: Store, options: CommitterOptions) {
    this.#store = store;
    this.#options = options;
    this.#intervalMilliseconds = 1000 / options.commitsPerSecondMax;
    this.#lazyMilliseconds = options.lazyMilliseconds ?? 10_000;
  }

  /** Whether a transaction is being waited out for want of room: reading should pause, or memory would be the spool. */
  get isDiskFull(): boolean {
    return this.#isDiskFull;
  }

  /** Transactions that were begun. */
  get begun(): number {
    return this.#begun;
  }

  /** Milliseconds until a transaction may begin: 0 where one begins at once, or as soon as that in flight is done. */
  get dueInMilliseconds(): number {
    return Math.max(0, this.#lastAt + this.#intervalMilliseconds - performance.now());
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
      this.#begun += 1;
      await this.#commitGroup(group);
    }
    this.#running = false;
  }

  async #commitGroup(group: Waiting[]): Promise<void> {
    const transaction = this.#merge(group.map(({ part }) => part));
    const began = performance.now();
    try {
      const sequences = await this.#commitUntilRoom(transaction);
      this.#options.onCommitted?.((performance.now() - began) / 1000);
      let given = 0;
      for (const { part, resolve } of group)
        resolve(sequences.slice(given, (given += part.batches?.length ?? 0)));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  #merge(parts: readonly Part[]): Transaction {
    return {
      epochs: parts.flatMap((part) => part.epochs ?? []),
      batches: parts.flatMap((part) => part.batches ?? []),
      refusals: parts.flatMap((part) => part.refusals ?? []),
      acknowledged: parts.flatMap((part) => part.acknowledged ?? []),
      starts: parts.flatMap((part) => part.starts ?? []),
      copies: parts.flatMap((part) => part.copies ?? []),
      seen: parts.flatMap((part) => part.seen ?? []),
      notifications: parts.flatMap((part) => part.notifications ?? []),
      notified: parts.flatMap((part) => part.notified ?? []),
      cosigning: parts.flatMap((part) => part.cosigning ?? []),
      observations: this.#options.observe?.() ?? [],
    };
  }

  /** A full disk is waited out with the same transaction: same batches, same epoch. */
  async #commitUntilRoom(transaction: Transaction): Promise<number[]> {
    for (;;) {
      try {
        const sequences = await this.#store.commit(transaction);
        this.#isDiskFull = false;
        return sequences;
      } catch (error) {
        if (!isFull(error)) throw error;
        this.#isDiskFull = true;
        this.#options.onRetry?.(error);
        await delay((await this.#makeRoom()) ? this.#intervalMilliseconds : fullMilliseconds);
      }
    }
  }

  /**
   * Lets the oldest part that waits and brings no batch go first, alone. An acknowledgement makes room in the file; behind a
   * transaction that finds none, a disk that the spool itself has filled would stay full for ever.
   */
  async #makeRoom(): Promise<boolean> {
    const first = this.#waiting.find(({ part }) => !part.batches && !part.epochs);
    if (!first) return false;
    try {
      await this.#store.commit(this.#merge([first.part]));
      first.resolve([]);
    } catch (error) {
      if (isFull(error)) return false;
      first.reject(error);
    }
    this.#waiting.splice(this.#waiting.indexOf(first), 1);
    return true;
  }
}

function isFull(error: unknown): error is StoreError {
  return error instanceof StoreError && error.code === 'full';
}
