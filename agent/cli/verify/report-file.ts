import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import { messageOf } from '../../error.ts';
import { VerifyError } from '../../verify/index.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Of the owner alone: a report has names of users and of what they did. */
const mode = 0o600;

/**
 * A report as it is printed, in a file that was not there before, and beside it `<file>.sha256`, which `sha256sum -c` reads (GNU
 * coreutils). An earlier report is never overwritten: somebody may have signed it.
 */
export class ReportFile {
  readonly #file: string;
  readonly #digestFile: number;
  readonly #report: number;
  readonly #hash = createHash('sha256');
  #cause: unknown;

  private constructor(file: string, report: number, digestFile: number) {
    this.#file = file;
    this.#report = report;
    this.#digestFile = digestFile;
  }

  /** Makes both files, empty. Throws VerifyError `usage` naming the one that cannot be made. */
  static create(file: string): ReportFile {
    // Coreutils write such a name in another way.
    if (/[\\\n\r]/u.test(basename(file)))
      throw new VerifyError('usage', '--report: a name with a backslash or a line break cannot be used');
    const report = make(file);
    try {
      return new ReportFile(file, report, make(`${file}.sha256`));
    } catch (error) {
      closeSync(report);
      unlinkSync(file);
      throw error;
    }
  }

  /** A terminal whose output is in the report, too. */
  beside(terminal: Terminal): Terminal {
    const out = (text: string) => {
      this.write(text);
      terminal.out(text);
    };
    return { ...terminal, out };
  }

  write(text: string): void {
    if (this.#cause !== undefined) return;
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#report, bytes, at);
      this.#hash.update(bytes);
    } catch (cause) {
      this.#cause = cause;
    }
  }

  /** Writes the digest; both are on the disk then. Returns why the report is not whole, if it is not. */
  close(): string | undefined {
    try {
      if (this.#cause !== undefined) throw this.#cause;
      fsyncSync(this.#report);
      writeFileSync(this.#digestFile, `${this.#hash.digest('hex')}  ${basename(this.#file)}\n`, {
        flush: true,
      });
      return undefined;
    } catch (cause) {
      return `--report: ${this.#file} could not be written whole: ${messageOf(cause)}`;
    } finally {
      closeSync(this.#report);
      closeSync(this.#digestFile);
    }
  }
}

function make(file: string): number {
  try {
    return openSync(file, 'wx', mode);
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const why = isThere
      ? 'is there already, and no report is overwritten: give another name'
      : `cannot be written: ${messageOf(cause)}`;
    throw new VerifyError('usage', `--report: ${file} ${why}`, { cause });
  }
}
