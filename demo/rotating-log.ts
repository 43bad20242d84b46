import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';

export interface RotatingLogOptions {
  /** The live file, for example `…/audit.log`; its folder exists. A file that is there is appended to. */
  path: string;
  /** A line that would make the file longer than this goes into a new one. The apiserver's `--audit-log-maxsize`, in bytes. */
  bytesMax: number;
  /** `--audit-log-maxbackup`: of more backups the oldest are deleted. */
  backupsMax: number;
  now: () => Date;
}

/**
 * A log file as kube-apiserver writes it, through lumberjack v2.2.1 (gopkg.in/natefinch/lumberjack.v2): one write a
 * line; to rotate it closes the file, renames it and creates another, then deletes backups beyond the limit by name.
 */
export class RotatingLog {
  readonly #options: RotatingLogOptions;
  #file: FileHandle | undefined;
  #bytes = 0;
  rotations = 0;
  removed = 0;

  constructor(options: RotatingLogOptions) {
    this.#options = options;
  }

  /** `line` ends with a newline. */
  async write(line: Buffer): Promise<void> {
    this.#file ??= await this.#openExisting();
    if (this.#bytes + line.length > this.#options.bytesMax) this.#file = await this.#rotate(this.#file);
    const { bytesWritten } = await this.#file.write(line);
    if (bytesWritten !== line.length)
      throw new Error(`${this.#options.path}: ${bytesWritten} of ${line.length} bytes written`);
    this.#bytes += line.length;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Two rotations within a millisecond take one name, and the first backup is lost: so it is with lumberjack. */
  async #rotate(file: FileHandle): Promise<FileHandle> {
    const { path, now } = this.#options;
    await file.close();
    await stat(path);
    await rename(path, join(dirname(path), `${this.#prefix}${backupTime(now())}${extname(path)}`));
    // Its chown creates the file and closes it again before the one that is written to is opened.
    await (await this.#create()).close();
    const next = await this.#create();
    this.rotations++;
    await this.#removeOldest();
    return next;
  }

  async #openExisting(): Promise<FileHandle> {
    const file = await open(this.#options.path, 'a', 0o600);
    this.#bytes = (await file.stat()).size;
    return file;
  }

  async #create(): Promise<FileHandle> {
    this.#bytes = 0;
    return await open(this.#options.path, 'w', 0o600);
  }

  async #removeOldest(): Promise<void> {
    const { path, backupsMax } = this.#options;
    const names = (await readdir(dirname(path))).filter((name) => name.startsWith(this.#prefix)).toSorted();
    for (const name of names.slice(0, Math.max(0, names.length - backupsMax))) {
      await rm(join(dirname(path), name));
      this.removed++;
    }
  }

  get #prefix(): string {
    return `${basename(this.#options.path, extname(this.#options.path))}-`;
  }
}

/** UTC with milliseconds, in Go's layout `2006-01-02T15-04-05.000`. */
function backupTime(time: Date): string {
  return time.toISOString().slice(0, -1).replaceAll(':', '-');
}
