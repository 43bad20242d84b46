import { mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../error.ts';
import { StoreError } from './error.ts';
import { makePrivate } from './private-folder.ts';
import type { Exposure } from './private-folder.ts';
import type { Call, Reply } from './protocol.ts';
import type { Committed, Loaded, NotificationRow, Statistics, StoredBatch, Transaction } from './types.ts';

/** The state database seen from the main thread: one SQLite file in `stateDir`, owned by a worker thread. */
export class Store {
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #lastId = 0;
  #corrupt: string | undefined;
  #exposure: Exposure | undefined;
  #reusableBytes = 0;
  /** Why the thread answers no more. */
  #ended: StoreError | undefined;

  private constructor(stateDir: string) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { stateDir } });
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', (cause: unknown) =>
      this.#failAll(new StoreError('failed', `the store's thread died: ${messageOf(cause)}`, { cause })),
    );
    this.#worker.on('exit', () => this.#failAll(new StoreError('failed', `the store's thread has ended`)));
  }

  /**
   * Takes the lock of the state folder and opens its database.
   * Throws StoreError: `locked` (another agent), `newer` (a later release's state), `full`, `failed`.
   */
  static async open(stateDir: string): Promise<Store> {
    let exposure: Exposure | undefined;
    try {
      mkdirSync(stateDir, { recursive: true, mode: 0o700 });
      exposure = makePrivate(stateDir);
    } catch (cause) {
      throw new StoreError(
        'failed',
        `${stateDir}: cannot be made; set stateDir to a folder that this user can write`,
        { cause },
      );
    }
    const store = new Store(stateDir);
    store.#exposure = exposure;
    try {
      store.#corrupt = ((await store.#call({ method: 'open' })) as { corrupt: string | undefined }).corrupt;
    } catch (error) {
      await store.#worker.terminate();
      throw error;
    }
    return store;
  }

  /** Where an unreadable database was put aside at open, if so. */
  get corrupt(): string | undefined {
    return this.#corrupt;
  }

  /** What open found of the rights to the folder, and did; undefined if it was its owner's alone. */
  get exposure(): Exposure | undefined {
    return this.#exposure;
  }

  /** Bytes of the file that what was shipped has left free, as of the newest commit. */
  get reusableBytes(): number {
    return this.#reusableBytes;
  }

  async load(name: string): Promise<Loaded> {
    return (await this.#call({ method: 'load', name })) as Loaded;
  }

  /** Resolves when the transaction is on the disk; gives the batches' sequence numbers, in order. */
  async commit(transaction: Transaction): Promise<number[]> {
    const { sequences, reusableBytes } = (await this.#call({ method: 'commit', transaction })) as Committed;
    this.#reusableBytes = reusableBytes;
    return sequences;
  }

  async rollBack(source: string): Promise<void> {
    await this.#call({ method: 'rollBack', source });
  }

  async next(source: string, after: number): Promise<StoredBatch | undefined> {
    return (await this.#call({ method: 'next', source, after })) as StoredBatch | undefined;
  }

  /** What waits to be told to endpoints, in order. */
  async notifications(): Promise<NotificationRow[]> {
    return (await this.#call({ method: 'notifications' })) as NotificationRow[];
  }

  async statistics(): Promise<Statistics> {
    return (await this.#call({ method: 'statistics' })) as Statistics;
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    await this.#call({ method: 'close' });
    await this.#worker.terminate();
  }

  #call(call: Call): Promise<unknown> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call });
    });
  }

  #settle({ id, value, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new StoreError(error.code, error.message));
    else waiting?.resolve(value);
  }

  #failAll(error: StoreError): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
