import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileBytesMax, InputError, readTextFile } from '../input/index.ts';

/** Texts that are kept: who can write the policy file may do so any number of times. */
const filesMax = 8;

const nameOf = (digest: string) => `${digest.slice('sha256:'.length)}.yaml`;

/** The texts of audit policies that were seen, by digest, so that a change can be told in words after a restart, too. */
export class KeptPolicies {
  readonly #folder: string;

  constructor(stateDir: string) {
    this.#folder = join(stateDir, 'audit-policies');
  }

  /** Undefined where it is not kept any more. */
  async read(digest: string): Promise<string | undefined> {
    try {
      return await readTextFile(join(this.#folder, nameOf(digest)), fileBytesMax.settings);
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }

  /** Keeps a text; of others only those that are named, and some more. Best effort: a change is sealed without words otherwise. */
  async keep(digest: string, text: string, needed: readonly string[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = join(this.#folder, nameOf(digest));
    await writeFile(`${file}.part`, text, { mode: 0o600 });
    await rename(`${file}.part`, file);
    const names = await readdir(this.#folder);
    const wanted = new Set([digest, ...needed].map(nameOf));
    const others = names.filter((name) => !wanted.has(name));
    for (const name of others.slice(0, Math.max(0, names.length - filesMax)))
      await rm(join(this.#folder, name), { force: true });
  }
}
