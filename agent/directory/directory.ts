import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../identity/index.ts';
import { Cache } from './cache.ts';
import { DirectoryError } from './error.ts';
import { readFileDirectory } from './file.ts';
import { readLdap } from './ldap.ts';
import { Snapshot } from './people.ts';
import { readScim } from './scim.ts';
import type { DirectorySettings } from './schema.ts';

/** Looking at a file costs nothing; a server is asked for all people. */
const fileRefreshSeconds = 10;
const serverRefreshSeconds = 3600;

export interface DirectoryOptions {
  readonly settings: DirectorySettings;
  /** Where the last people are kept; the agent's alone. Without it nothing is kept. */
  readonly cacheFolder?: string | undefined;
  readonly now: () => Date;
}

/** What became of a look at a directory. */
export type Refreshed =
  | { readonly outcome: 'changed' | 'same'; readonly people: number }
  | { readonly outcome: 'failed'; readonly error: DirectoryError };

/** One directory: its people as they were last read. Whatever goes wrong, those of before stay. */
export class Directory {
  readonly #options: DirectoryOptions;
  readonly #cache: Cache | undefined;
  #entries: readonly Entry[] | undefined;
  #snapshot: Snapshot | undefined;
  #readAt: Date | undefined;
  #sha256: string | undefined;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    const { settings, cacheFolder } = options;
    // A file is its own cache.
    if (cacheFolder !== undefined && settings.file === undefined)
      this.#cache = new Cache(cacheFolder, settings);
  }

  get name(): string {
    return this.#options.settings.name;
  }

  /** The people; undefined until it was read once. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** How many people there are. */
  get size(): number {
    return this.entries.length;
  }

  get entries(): readonly Entry[] {
    return this.#entries ?? [];
  }

  /** When the people were read who are known; undefined before. */
  get readAt(): Date | undefined {
    return this.#readAt;
  }

  /** Takes the people of the last run. @returns whether there were any */
  async load(): Promise<boolean> {
    const cached = await this.#cache?.read();
    if (cached === undefined) return false;
    this.#use(cached.entries, cached.readAt);
    return true;
  }

  /** Reads it now. Throws nothing but what `signal` aborts with. */
  async refresh(signal: AbortSignal): Promise<Refreshed> {
    const readAt = this.#options.now();
    try {
      const entries = await this.#read(signal);
      this.#readAt = readAt;
      const isSame = entries === undefined || isDeepStrictEqual(entries, this.#entries);
      if (!isSame) this.#use(entries, readAt);
      await this.#cache?.write({ entries: this.entries, readAt });
      return { outcome: isSame ? 'same' : 'changed', people: this.entries.length };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DirectoryError) return { outcome: 'failed', error };
      return { outcome: 'failed', error: new DirectoryError('settings', String(error), { cause: error }) };
    }
  }

  /** Resolves when it is to be looked at again. */
  async pause(signal: AbortSignal): Promise<void> {
    const { refreshSeconds, file } = this.#options.settings;
    const seconds = refreshSeconds ?? (file === undefined ? serverRefreshSeconds : fileRefreshSeconds);
    await sleep(seconds * 1000, undefined, { signal, ref: false });
  }

  async #read(signal: AbortSignal): Promise<readonly Entry[] | undefined> {
    const { settings } = this.#options;
    if (settings.ldap !== undefined) return await readLdap(settings, signal);
    if (settings.scim !== undefined) return await readScim(settings, signal);
    const read = await readFileDirectory(settings, this.#sha256);
    this.#sha256 = read?.sha256 ?? this.#sha256;
    return read?.entries;
  }

  #use(entries: readonly Entry[], readAt: Date): void {
    this.#entries = entries;
    this.#snapshot = new Snapshot(entries, this.#options.settings.ignoreCase);
    this.#readAt = readAt;
  }
}
