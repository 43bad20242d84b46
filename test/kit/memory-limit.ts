import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A memory cgroup (v1 or v2) that kills what needs more: page cache counts too, but is given back first. */
export class MemoryLimit {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined where cgroups cannot be made: no root, no controller, another system. */
  static make(bytes: number): MemoryLimit | undefined {
    const name = `auditseal-test-${randomBytes(4).toString('hex')}`;
    for (const [root, limit] of [
      ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
      ['/sys/fs/cgroup', 'memory.max'],
    ] as const) {
      if (!existsSync(join(root, 'cgroup.procs'))) continue;
      const folder = join(root, name);
      try {
        mkdirSync(folder);
      } catch {
        continue;
      }
      try {
        writeFileSync(join(folder, limit), String(bytes));
        // What is swapped out is not within the limit either.
        for (const [file, value] of [
          ['memory.swappiness', '0'],
          ['memory.swap.max', '0'],
        ] as const)
          if (existsSync(join(folder, file))) writeFileSync(join(folder, file), value);
        return new MemoryLimit(folder);
      } catch {
        rmdirSync(folder);
      }
    }
    return undefined;
  }

  /** What to run a program under, so that it is limited from its first instruction on. */
  get under(): [string, ...string[]] {
    return ['sh', '-c', `echo $$ > ${join(this.#folder, 'cgroup.procs')} && exec "$@"`, 'sh'];
  }

  /** How many processes the kernel has killed for it. */
  get kills(): number {
    const file = ['memory.oom_control', 'memory.events'].find((name) => existsSync(join(this.#folder, name)));
    const text = file === undefined ? '' : readFileSync(join(this.#folder, file), 'latin1');
    return Number(/^oom_kill (\d+)$/mu.exec(text)?.[1]);
  }

  /** When no process is left in it. */
  [Symbol.dispose](): void {
    rmdirSync(this.#folder);
  }
}
