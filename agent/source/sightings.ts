import { Backups } from './backups.ts';
import { listRotation } from './listing.ts';
import type { Entry } from './entry.ts';
import { fileKey } from './stat.ts';

/**
 * Lists the rotation, and says of which files an earlier listing showed them, too. A listing is no moment: while it is made,
 * files are renamed, and one can slip through between two that it shows. What was there before it began cannot: a file that
 * an earlier listing showed, and every file that was rotated away before that one was created.
 */
export class Sightings {
  /** What the last listing showed, and the one before it. */
  #last: ReadonlySet<string> = new Set();
  #earlier: ReadonlySet<string> = new Set();
  readonly #list: typeof listRotation;

  constructor(list?: typeof listRotation) {
    const backups = new Backups();
    this.#list = list ?? ((path) => listRotation(path, backups));
  }

  /** As `listRotation`; twice where files are seen for the first time, since deletion may be close behind them. */
  async list(path: string): Promise<Entry[]> {
    let entries = await this.#list(path);
    const isNews = keysOf(entries).some((key) => !this.#last.has(key));
    if (isNews) {
      this.#last = new Set(keysOf(entries));
      entries = await this.#list(path);
    }
    this.#earlier = this.#last;
    this.#last = new Set(keysOf(entries));
    return entries;
  }

  /** Whether a file was there before the last listing began. */
  isEarlier({ stat }: Entry): boolean {
    const key = fileKey(stat);
    return key !== undefined && this.#earlier.has(key);
  }
}

function keysOf(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ stat }) => fileKey(stat) ?? []);
}
