import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { messageOf } from '../error.ts';
import { fileBytesMax, InputError, readTextFile } from '../input/index.ts';
import { SetupError } from './error.ts';

/**
 * A file for a secret, mode 0600, made before the secret is: else a key would exist that nobody has. It takes its name
 * only when `keep` is called; until then, what was there before stays. `await using` removes what was not kept.
 */
export class KeyFile implements AsyncDisposable {
  readonly path: string;
  /** Where it is until then. */
  readonly temporaryPath: string;
  readonly #handle: FileHandle;
  #kept = false;

  private constructor(path: string, temporaryPath: string, handle: FileHandle) {
    this.path = path;
    this.temporaryPath = temporaryPath;
    this.#handle = handle;
  }

  /** Throws SetupError `key-file`. */
  static async create(path: string): Promise<KeyFile> {
    const temporaryPath = `${path}.${process.pid}.new`;
    try {
      // `x`: nobody's link is followed.
      return new KeyFile(path, temporaryPath, await open(temporaryPath, 'wx', 0o600));
    } catch (cause) {
      throw new SetupError('key-file', `${temporaryPath} cannot be made: ${messageOf(cause)}`, { cause });
    }
  }

  async write(secret: string): Promise<void> {
    await this.#handle.writeFile(`${secret}\n`);
    await this.#handle.sync();
  }

  async keep(): Promise<void> {
    await rename(this.temporaryPath, this.path);
    this.#kept = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    if (!this.#kept) await rm(this.temporaryPath, { force: true });
  }
}

/** Throws SetupError `key-file` if it is there but cannot be read. */
export async function exists(path: string): Promise<boolean> {
  try {
    return (await readTextFile(path, fileBytesMax.secret)).trim() !== '';
  } catch (cause) {
    if (cause instanceof InputError && cause.code === 'absent') return false;
    throw new SetupError('key-file', `${path} ${messageOf(cause)}`, { cause });
  }
}
