import type { Entry } from '../identity/index.ts';

/** People by the names that events may call them. Never changed: what was read anew is another one. */
export class Snapshot {
  readonly size: number;
  readonly #isCaseIgnored: boolean;
  /** Null where several have that name. */
  readonly #byName = new Map<string, Entry | null>();

  constructor(entries: readonly Entry[], isCaseIgnored: boolean) {
    this.size = entries.length;
    this.#isCaseIgnored = isCaseIgnored;
    for (const entry of entries)
      for (const name of new Set(entry.names.map((one) => this.#key(one))))
        this.#byName.set(name, this.#byName.has(name) ? null : entry);
  }

  /** Null where several have that name, undefined where nobody has. */
  find(name: string): Entry | null | undefined {
    return this.#byName.get(this.#key(name));
  }

  #key(name: string): string {
    return this.#isCaseIgnored ? name.toLowerCase() : name;
  }
}
