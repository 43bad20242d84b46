import type { DirectoryStatus, Entry, People } from '../identity/index.ts';
import { Directory } from './directory.ts';
import type { Refreshed } from './directory.ts';
import type { DirectorySettings } from './schema.ts';

export interface DirectoriesOptions {
  readonly settings: readonly DirectorySettings[];
  readonly cacheFolder?: string | undefined;
  readonly now: () => Date;
  /** Told after each look at a directory, and when the people of the last run were taken. */
  readonly onRefresh?: (directory: Directory, refreshed: Refreshed) => void;
}

/** All directories, the first that knows a person first. Events ask it, and never wait for it. */
export class Directories implements People {
  readonly all: readonly Directory[];
  readonly #onRefresh: NonNullable<DirectoriesOptions['onRefresh']>;
  #generation = 0;

  constructor({ settings, cacheFolder, now, onRefresh = () => undefined }: DirectoriesOptions) {
    this.all = settings.map((one) => new Directory({ settings: one, cacheFolder, now }));
    this.#onRefresh = onRefresh;
  }

  get generation(): number {
    return this.#generation;
  }

  find(name: string): { status: DirectoryStatus; entry: Entry | undefined } {
    let isUnread = false;
    for (const { snapshot } of this.all) {
      const entry = snapshot?.find(name);
      // Who of them it is nobody knows, and a later directory does not know better.
      if (entry === null) return { status: 'ambiguous', entry: undefined };
      if (entry !== undefined) return { status: 'known', entry };
      isUnread ||= snapshot === undefined;
    }
    return { status: isUnread ? 'unavailable' : 'unknown', entry: undefined };
  }

  /** Takes what the last run knew: the first events of this one need not wait for a server. */
  async load(): Promise<void> {
    for (const directory of this.all) if (await directory.load()) this.#generation += 1;
  }

  /** Keeps all directories up to date until `signal` aborts. Never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    await Promise.all(this.all.map(async (directory) => await this.#follow(directory, signal)));
  }

  /** Reads all directories once. */
  async refresh(signal: AbortSignal): Promise<Refreshed[]> {
    return await Promise.all(this.all.map(async (directory) => await this.#refresh(directory, signal)));
  }

  async #follow(directory: Directory, signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#refresh(directory, signal);
        await directory.pause(signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #refresh(directory: Directory, signal: AbortSignal): Promise<Refreshed> {
    const before = directory.snapshot;
    const refreshed = await directory.refresh(signal);
    if (directory.snapshot !== before) this.#generation += 1;
    this.#onRefresh(directory, refreshed);
    return refreshed;
  }
}
