import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { Moments } from './moments.ts';
import { macOf } from './mac.ts';
import type { Gap, Notice, Stretch } from './manifest.ts';

/** Where bytes were read; offsets in uncompressed bytes. */
export interface ReadRange {
  path: string;
  file: string;
  after?: string | undefined;
  start: number;
  end: number;
}

interface OpenStretch {
  stretch: Omit<Stretch, 'mac'>;
  hash: Hash;
}

/** What the manifest of the batch at hand will say was read, dropped and found missing. */
export class Tally {
  read = 0;
  pieces = 0;
  joined = 0;
  malformed = 0;
  readonly dropped = noCounts();
  readonly reduced = noCounts();
  readonly redacted = noCounts();
  readonly gaps: Gap[] = [];
  readonly notices: Notice[] = [];
  readonly moments = new Moments();
  readonly #stretches: OpenStretch[] = [];
  #earliest: string | undefined;
  #latest: string | undefined;

  /** Nothing to say but what a heartbeat says. */
  get isEmpty(): boolean {
    return this.#stretches.length === 0 && this.gaps.length === 0;
  }

  get earliest(): string | undefined {
    return this.#earliest;
  }

  get latest(): string | undefined {
    return this.#latest;
  }

  /** Accounts for raw bytes of `lines` whole lines. */
  addRun(run: ReadRange, bytes: Buffer, lines: number): void {
    const last = this.#stretches.at(-1);
    const joins = last?.stretch.file === run.file && last.stretch.end === run.start && !last.stretch.ended;
    const { stretch, hash } = joins ? last : this.#open(run);
    stretch.end = run.end;
    stretch.lines += lines;
    hash.update(bytes);
    this.read += lines;
  }

  /** A line that nobody held whole is a stretch of its own, by its digest. */
  addLongLine(run: ReadRange, hash: Hash): void {
    const { stretch } = this.#open(run, hash);
    stretch.end = run.end;
    stretch.lines = 1;
    this.read += 1;
    // What follows in the same file must not be hashed into the line's digest.
    this.#open({ ...run, after: undefined, start: run.end });
  }

  /** The file was read to its end, at `offset`, after it had been rotated. */
  addEnd(path: string, file: string, offset: number): void {
    const last = this.#stretches.at(-1);
    const open =
      last?.stretch.file === file && last.stretch.end === offset
        ? last
        : this.#open({ path, file, start: offset, end: offset });
    open.stretch.ended = true;
  }

  addTimestamp(timestamp: string): void {
    this.moments.add(timestamp);
    if (this.#earliest === undefined || isBefore(timestamp, this.#earliest)) this.#earliest = timestamp;
    if (this.#latest === undefined || isBefore(this.#latest, timestamp)) this.#latest = timestamp;
  }

  count(counts: Record<string, number>, rule: string, more = 1): void {
    counts[rule] = (counts[rule] ?? 0) + more;
  }

  /** The manifest's `sources`, each with its mac under the batch's key. Ends the tally. */
  sources(batchKey: Buffer): Stretch[] {
    return this.#stretches
      .filter(
        ({ stretch }, i) =>
          i === 0 || stretch.end > stretch.start || stretch.ended === true || stretch.after !== undefined,
      )
      .map(({ stretch: { path, file, start, end, lines, after, ended }, hash }) => ({
        path,
        file,
        start,
        end,
        lines,
        mac: macOf(batchKey, hash.digest()),
        ...(after !== undefined && { after }),
        ...(ended && { ended }),
      }));
  }

  #open(run: ReadRange, hash: Hash = createHash('sha256')): OpenStretch {
    const { path, file, start, after } = run;
    const opened: OpenStretch = {
      stretch: { path, file, start, end: start, lines: 0, ...(after !== undefined && { after }) },
      hash,
    };
    this.#stretches.push(opened);
    return opened;
  }
}

/** Order of RFC 3339 UTC times with any number of fraction digits: without the Z, a shorter fraction is a prefix. */
export function isBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.slice(0, -1) < b.slice(0, -1);
}

/** Without a prototype: a rule may be named `constructor`. */
function noCounts(): Record<string, number> {
  return Object.create(null) as Record<string, number>;
}
