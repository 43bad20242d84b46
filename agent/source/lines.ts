import type { LongLineSink } from './chunk.ts';
import { beginningBytesMax, checkBytesMax, checkOf } from './fingerprint.ts';
import type { OpenFile } from './open-file.ts';

/** A stretch of a file: whole lines, or one line that went into a sink. `changed`: its bytes were written anew. */
export type Cut<L> =
  | { kind: 'lines'; start: number; end: number; bytes: Buffer }
  | { kind: 'long'; start: number; end: number; lineBytes: number; line: L }
  | { kind: 'changed' };

interface Limits {
  lineBytesMax: number;
  chunkBytesMax: number;
}

interface LongLine<L> {
  line: L;
  lineBytes: number;
  start: number;
  /** The check of the position before the line, which is no longer in the buffer when the line ends. */
  check: string;
}

/**
 * Cuts a file into whole lines inside one buffer that is used again and again. Each byte is scanned for newlines
 * once when read; only the unfinished line is moved.
 *
 * Memory: the buffer is 1 KiB + 2 × chunkBytesMax, and for lines beyond chunkBytesMax grows by doubling to at most
 * 1 KiB + lineBytesMax + chunkBytesMax; while it grows, the smaller one exists beside it. So at most
 * 1.5 × (1 KiB + lineBytesMax + chunkBytesMax) + 2 × chunkBytesMax bytes, and back to the least afterwards.
 */
export class LineReader<L extends LongLineSink> {
  readonly #limits: Limits;
  readonly #longLine: () => L;
  #file: OpenFile | undefined;
  #buffer: Buffer;
  /** Valid bytes: history from `first`, not yet given out from `start`, up to `end`. */
  #first = 0;
  #start = 0;
  #end = 0;
  /** The last newline in the buffer; before `start` if none is left. */
  #newline = -1;
  /** The file position of `start`. */
  #offset = 0;
  #long: LongLine<L> | undefined;
  #before: { start: number; check: string } | undefined;
  #beginning: Buffer | undefined;
  readonly #compared = Buffer.alloc(Math.max(checkBytesMax, beginningBytesMax));

  constructor(limits: Limits, longLine: () => L) {
    this.#limits = limits;
    this.#longLine = longLine;
    this.#buffer = Buffer.allocUnsafeSlow(this.#bufferBytesLeast);
  }

  get #bufferBytesLeast(): number {
    return checkBytesMax + 2 * this.#limits.chunkBytesMax;
  }

  /** The position after the last cut: the beginning of the unfinished line. */
  get offset(): number {
    return this.#long?.start ?? this.#offset;
  }

  /** How far the file was read. */
  get readTo(): number {
    return this.#offset + this.#end - this.#start;
  }

  /**
   * Takes up a file at a line boundary; `history` is the min(1024, offset) bytes before it, `beginning` those by which
   * it was identified, if nothing of it was read before.
   */
  open(file: OpenFile, offset: number, history: Buffer, beginning?: Buffer): void {
    this.#beginning = beginning;
    this.#file = file;
    this.#offset = offset;
    this.#first = 0;
    this.#start = history.copy(this.#buffer);
    this.#end = this.#start;
    this.#newline = -1;
    this.#long = undefined;
    this.#before = undefined;
  }

  /**
   * The next whole lines, or undefined at the end of what is there; what was read of an unfinished line is kept.
   * A file may be cut and written anew in place, and then renamed, so each read looks whether the bytes before are
   * still the same; of a compressed one nobody writes anew what was there whole.
   * @throws file system errors; SourceError `corrupt`
   */
  async next(): Promise<Cut<L> | undefined> {
    for (;;) {
      const lines = this.#cutLines();
      if (lines) return lines;
      if (!this.#long && this.#end - this.#start > this.#limits.lineBytesMax) this.#beginLong();
      const read = await this.#fill();
      if (read === 0) return undefined;
      if (!(await this.#unchanged(read))) {
        this.#end -= read;
        this.#newline = -1;
        return { kind: 'changed' };
      }
      const long = this.#long ? this.#feedLong(this.#long) : undefined;
      if (long) return long;
    }
  }

  /** What is left without a newline, once the file is known to be at its end. */
  remainder(): Cut<L> | undefined {
    if (this.#long) return this.#endLong(this.#long);
    if (this.#end === this.#start) return undefined;
    const start = this.#offset;
    const bytes = this.#take(this.#end);
    return { kind: 'lines', start, end: this.#offset, bytes };
  }

  /** SHA-256 of the up to 1,024 bytes before a line boundary of the last cut (of a long line: its start or end). */
  checkAt(offset: number): string {
    const long = this.#long ?? this.#before;
    if (long?.start === offset) return long.check;
    const end = this.#start - (this.#offset - offset);
    const start = end - Math.min(checkBytesMax, offset);
    if (start < this.#first)
      throw new RangeError(`the bytes before ${offset} are gone; ask before the next read`);
    return checkOf(this.#buffer.subarray(start, end));
  }

  #take(end: number): Buffer {
    const bytes = this.#buffer.subarray(this.#start, end);
    this.#offset += bytes.length;
    this.#start = end;
    return bytes;
  }

  #cutLines(): Cut<L> | undefined {
    if (this.#newline < this.#start) return undefined;
    const start = this.#offset;
    const end = this.#shortLinesEnd();
    if (end === this.#start) return this.#cutLong(this.#buffer.indexOf(10, end));
    const bytes = this.#take(end);
    return { kind: 'lines', start, end: this.#offset, bytes };
  }

  /** Where the lines within the limit end. Only a stretch longer than the limit can hold a longer line. */
  #shortLinesEnd(): number {
    const whole = this.#newline + 1;
    if (whole - this.#start - 1 <= this.#limits.lineBytesMax) return whole;
    let end = this.#start;
    while (end < whole) {
      const newline = this.#buffer.indexOf(10, end);
      if (newline - end > this.#limits.lineBytesMax) break;
      end = newline + 1;
    }
    return end;
  }

  /** A whole line beyond the limit that is already in the buffer. */
  #cutLong(newline: number): Cut<L> {
    const long = {
      line: this.#longLine(),
      lineBytes: 0,
      start: this.#offset,
      check: this.checkAt(this.#offset),
    };
    this.#write(long, newline);
    this.#take(newline + 1);
    return this.#endLong(long);
  }

  #beginLong(): void {
    const long = {
      line: this.#longLine(),
      lineBytes: 0,
      start: this.#offset,
      check: this.checkAt(this.#offset),
    };
    this.#write(long, this.#end);
    this.#long = long;
  }

  #feedLong(long: LongLine<L>): Cut<L> | undefined {
    const newline = this.#newline < this.#start ? -1 : this.#buffer.indexOf(10, this.#start);
    this.#write(long, newline === -1 ? this.#end : newline);
    if (newline === -1) return undefined;
    this.#take(newline + 1);
    return this.#endLong(long);
  }

  #write(long: LongLine<L>, end: number): void {
    const bytes = this.#take(end);
    long.lineBytes += bytes.length;
    if (bytes.length > 0) long.line.write(bytes);
  }

  #endLong(long: LongLine<L>): Cut<L> {
    this.#long = undefined;
    this.#before = long;
    return { kind: 'long', start: long.start, end: this.#offset, lineBytes: long.lineBytes, line: long.line };
  }

  async #fill(): Promise<number> {
    this.#makeRoom();
    const read = await this.#file?.readAt(this.readTo, this.#buffer, this.#end, this.#limits.chunkBytesMax);
    if (!read) return 0;
    const newline = this.#buffer.subarray(this.#end, this.#end + read).lastIndexOf(10);
    this.#newline = newline === -1 ? -1 : this.#end + newline;
    this.#end += read;
    this.#before = undefined;
    return read;
  }

  /** Moves the unfinished line and the history before it to the front; there is then room for one more read. */
  #makeRoom(): void {
    const { lineBytesMax, chunkBytesMax } = this.#limits;
    const from = Math.max(this.#first, this.#start - checkBytesMax);
    const kept = this.#end - from;
    const needed = kept + chunkBytesMax;
    let size = this.#buffer.length;
    if (needed > size) {
      const most = checkBytesMax + lineBytesMax + chunkBytesMax;
      size = Math.max(needed, Math.min(2 * size, most));
    } else if (needed <= this.#bufferBytesLeast) {
      size = this.#bufferBytesLeast;
    }
    if (size !== this.#buffer.length) {
      const old = this.#buffer;
      this.#buffer = Buffer.allocUnsafeSlow(size);
      old.copy(this.#buffer, 0, from, this.#end);
    } else if (from > 0) {
      this.#buffer.copyWithin(0, from, this.#end);
    }
    this.#first = 0;
    this.#start -= from;
    this.#end = kept;
    this.#newline = -1;
  }

  /**
   * Whether the bytes before those just read are still what they were. Looked at after the read, so that a file
   * cut and written anew before the read (copytruncate) cannot pass.
   */
  async #unchanged(read: number): Promise<boolean> {
    const end = this.#end - read;
    const known = this.#buffer.subarray(Math.max(this.#first, end - checkBytesMax), end);
    const position = this.readTo - read;
    if (this.#file?.compressed) return true;
    if (known.length > 0) return await this.#isStill(known, position - known.length);
    const beginning = this.#beginning;
    if (!beginning) return true;
    const common = Math.min(read, beginning.length);
    const isRead = beginning.compare(this.#buffer, end, end + common, 0, common) === 0;
    return isRead && (await this.#isStill(beginning, 0));
  }

  async #isStill(expected: Buffer, position: number): Promise<boolean> {
    let filled = 0;
    while (filled < expected.length) {
      const left = expected.length - filled;
      const read = (await this.#file?.readAt(position + filled, this.#compared, filled, left)) ?? 0;
      if (read === 0) return false;
      filled += read;
    }
    return expected.equals(this.#compared.subarray(0, filled));
  }
}
