import { stat } from 'node:fs/promises';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf } from '../../error.ts';
import { fileBytesMax, InputError, parseJsonObject, readTextFile } from '../../input/index.ts';
import { VerifyError } from '../../verify/index.ts';
import type { ReadPart, TimeRange } from '../../verify/index.ts';

/** What makes two runs the same question. */
export interface Question {
  namespace: string;
  /** Elasticsearch's, where the key may ask for it. */
  cluster: string | undefined;
  /** Hex SHA-256 of the trust file. */
  trust: string | undefined;
  since: string | undefined;
  until: string | undefined;
  now: string | undefined;
}

const whole = z.number().int().nonnegative();
const schema = z.strictObject({
  format: z.literal('auditseal verify --resume v1'),
  question: z.strictObject({
    namespace: z.string(),
    cluster: z.string().optional(),
    trust: z.string().optional(),
    since: z.string().optional(),
    until: z.string().optional(),
    now: z.string().optional(),
  }),
  time: z.strictObject({ since: whole, until: whole }).optional(),
  parts: z.array(
    z.strictObject({
      origin: z.string(),
      firstBatch: whole,
      lastBatch: whole,
      from: whole,
      to: whole,
      root: z.string(),
      events: whole,
      refused: whole,
      readFrom: z.iso.datetime(),
      readTo: z.iso.datetime(),
    }),
  ),
});

type Saved = z.infer<typeof schema>;

/** Of the owner alone: the file excuses from reading, so whoever could write it could hide what lies in a part. */
const mode = 0o600;
const othersMayWrite = 0o022;
/** What a run that is killed has to read once more. */
const saveMilliseconds = 5000;

/**
 * The file of `--resume`: what a run has read, kept while it lasts. It is there after an interruption, and after a verdict it is gone.
 */
export class ResumeFile {
  readonly #file: string;
  readonly #saved: Saved | undefined;
  #question: Question | undefined;
  #time: TimeRange | undefined;
  #parts: readonly ReadPart[] = [];
  #savedAt = performance.now();

  private constructor(file: string, saved: Saved | undefined) {
    this.#file = file;
    this.#saved = saved;
  }

  /** Reads the file, if there is one. Throws VerifyError `usage` naming it. */
  static async open(file: string): Promise<ResumeFile> {
    try {
      const text = await readTextFile(file, fileBytesMax.verdict);
      const { success, data } = schema.safeParse(parseJsonObject(text));
      if (!success) throw new VerifyError('usage', `--resume: ${file} is not what a verification left`);
      await refuseIfOthersMayWrite(file);
      return new ResumeFile(file, data);
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      if (cause.code === 'absent') return new ResumeFile(file, undefined);
      throw new VerifyError('usage', `--resume: ${file} ${cause.message}`, { cause });
    }
  }

  /** The time range that the interrupted run was about, `26h` as it was then; `undefined` without such a run. */
  get time(): { range: TimeRange | undefined } | undefined {
    return this.#saved && { range: this.#saved.time };
  }

  /** Begins or goes on. Throws VerifyError `usage` where the interrupted run had another question, or the file cannot be written. */
  begin(question: Question, time: TimeRange | undefined): readonly ReadPart[] {
    this.#question = question;
    this.#time = time;
    const { question: before, parts = [] } = this.#saved ?? {};
    if (before) {
      const names = Object.keys(question) as (keyof Question)[];
      const other = names.find((name) => before[name] !== question[name]);
      if (other !== undefined)
        throw new VerifyError(
          'usage',
          `--resume: ${this.#file} is of a verification with another ${nameOf[other]}: name another file, or remove this one`,
        );
    }
    this.#parts = parts;
    this.#write();
    return parts;
  }

  /** Takes what has been read without fault so far; it is written down every few seconds. */
  take(parts: readonly ReadPart[]): void {
    this.#parts = parts;
    if (performance.now() - this.#savedAt >= saveMilliseconds) this.#write();
  }

  /** Call when the run was interrupted. */
  keep(): void {
    if (this.#question) this.#write();
  }

  /** Call when there is a verdict: nothing is left to go on with. */
  remove(): void {
    rmSync(this.#file, { force: true });
  }

  #write(): void {
    const saved = {
      format: 'auditseal verify --resume v1',
      question: this.#question,
      time: this.#time,
      parts: this.#parts,
    };
    const beside = `${this.#file}.new`;
    try {
      // Whole or not at all, whenever the process is killed.
      writeFileSync(beside, `${JSON.stringify(saved)}\n`, { mode });
      renameSync(beside, this.#file);
    } catch (cause) {
      throw new VerifyError('usage', `--resume: ${this.#file} cannot be written: ${messageOf(cause)}`, {
        cause,
      });
    }
    this.#savedAt = performance.now();
  }
}

const nameOf: Record<keyof Question, string> = {
  namespace: '--namespace',
  cluster: 'Elasticsearch (its cluster UUID)',
  trust: 'trust file',
  since: '--since',
  until: '--until',
  now: '--now',
};

async function refuseIfOthersMayWrite(file: string): Promise<void> {
  const { uid, mode: bits } = await stat(file);
  const own = process.getuid?.();
  if (uid === own && (bits & othersMayWrite) === 0) return;
  throw new VerifyError(
    'usage',
    `--resume: ${file} ${uid === own ? 'may be written by others' : 'is of another user'}, who could leave out of the reading what he likes: remove it and begin anew`,
  );
}
