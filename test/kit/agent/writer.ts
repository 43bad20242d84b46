import { closeSync, existsSync, openSync, renameSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LogFolder } from '../../unit/source/log-folder.ts';
import { addTo } from './collect.ts';
import type { Multiset } from './collect.ts';
import { lineNumber } from './lines.ts';

/** Writes an audit log as the apiserver does, every line different, and remembers what it wrote. */
export class Writer {
  readonly log: LogFolder;
  readonly written: Multiset = new Map();
  readonly #first: number;
  #next: number;

  private constructor(log: LogFolder, first: number) {
    this.log = log;
    this.#first = first;
    this.#next = first;
  }

  /** Writes to `<folder>/<name>/audit.log`, from line `first` on: so two writers can differ in every line. */
  static async make(folder: string, name = 'logs', first = 0): Promise<Writer> {
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    const writer = new Writer(new LogFolder(path), first);
    await writer.log.write('');
    return writer;
  }

  /** Lines written so far. */
  get count(): number {
    return this.#next - this.#first;
  }

  /** Appends `count` lines, one write each. */
  async lines(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) await this.line(lineNumber(this.#next));
  }

  /** Appends `count` lines in one write. */
  async burst(count: number): Promise<void> {
    const lines = Array.from({ length: count }, (_, i) => lineNumber(this.#next + i));
    await this.#append(lines.map((line) => `${line}\n`).join(''));
    for (const line of lines) this.#count(line);
  }

  /** Appends one line of the test's own: latin1 text without a newline. */
  async line(line: string): Promise<void> {
    await this.#append(`${line}\n`);
    this.#count(line);
  }

  /** Appends lines of the test's own in one write. */
  async many(lines: readonly string[]): Promise<void> {
    await this.#append(lines.map((line) => `${line}\n`).join(''));
    for (const line of lines) this.#count(line);
  }

  /** As lumberjack: the file is renamed to its backup name, and a new one created. Returns the backup's path. */
  rotate(): string {
    let backup: string;
    do
      backup = join(
        this.log.folder,
        `audit-${new Date().toISOString().slice(0, -1).replaceAll(':', '-')}.log`,
      );
    while (existsSync(backup) || existsSync(`${backup}.gz`));
    // Nothing in between, however busy the machine is: a file born a second after the rename is not proven to be the next.
    renameSync(this.log.path, backup);
    closeSync(openSync(this.log.path, 'wx'));
    this.log.backups.push(backup);
    return backup;
  }

  async #append(latin1: string): Promise<void> {
    await appendFile(this.log.path, Buffer.from(latin1, 'latin1'));
  }

  #count(line: string): void {
    this.#next += 1;
    addTo(this.written, line);
  }
}
