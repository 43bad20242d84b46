import { appendFile, mkdtemp, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A folder with an audit.log that is rotated as lumberjack does it: close, rename to the UTC time, create, write. */
export class LogFolder {
  readonly folder: string;
  readonly path: string;
  /** The backups made, oldest first, as paths without `.gz`. */
  readonly backups: string[] = [];
  #lastStamp = '';

  constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, 'audit.log');
  }

  static async make(): Promise<LogFolder> {
    return new LogFolder(await mkdtemp(join(tmpdir(), 'auditseal-source-')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async write(text: string): Promise<void> {
    await appendFile(this.path, text);
  }

  /** Renames the live file to its backup name, without creating the next. */
  async renameAway(): Promise<string> {
    let stamp = '';
    // lumberjack would overwrite the backup of the same millisecond.
    do stamp = new Date().toISOString().slice(0, -1).replaceAll(':', '-');
    while (stamp === this.#lastStamp);
    this.#lastStamp = stamp;
    const backup = join(this.folder, `audit-${stamp}.log`);
    await rename(this.path, backup);
    this.backups.push(backup);
    return backup;
  }

  async rotate(firstText = ''): Promise<string> {
    const backup = await this.renameAway();
    await writeFile(this.path, firstText);
    return backup;
  }

  async compress(backup: string): Promise<void> {
    await writeFile(`${backup}.gz`, gzipSync(await readFile(backup)));
    await unlink(backup);
  }

  /** Deletes backups beyond `most`, oldest by name first. */
  async deleteBeyond(most: number): Promise<void> {
    for (const backup of this.backups.splice(0, Math.max(0, this.backups.length - most))) {
      await rm(backup, { force: true });
      await rm(`${backup}.gz`, { force: true });
    }
  }
}

/** Whether this file system tells when a file was born (the succession rule is weaker without). */
export async function hasBirthTimes(folder: string): Promise<boolean> {
  return (await stat(folder)).birthtimeMs > 0;
}
