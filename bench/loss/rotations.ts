import { readdirSync } from 'node:fs';
import { setInterval } from 'node:timers';

const pollMilliseconds = 15;
const backup = /^audit-.*\.log(?:\.gz)?$/;

/** Sees what rotations happen in a folder. The writer keeps enough backups for each to be there at several polls. */
export class Rotations implements Disposable {
  readonly #folder: string;
  readonly #seen = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #allCompressed = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.#timer = setInterval(() => this.#look(), pollMilliseconds);
  }

  /** How many there were. */
  get count(): number {
    return this.#seen.size;
  }

  /** Whether all backups there are were compressed at the last look, and none of them still beside its source. */
  get allCompressed(): boolean {
    return this.#allCompressed;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const names = readdirSync(this.#folder).filter((name) => backup.test(name));
    for (const name of names) this.#seen.add(name.replace(/\.gz$/, ''));
    this.#allCompressed = names.every((name) => name.endsWith('.gz'));
  }
}
