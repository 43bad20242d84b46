import { decodeKey } from './key.ts';
import { JsonScanner } from './scanner.ts';

/** What became of a text that went through a {@link StreamingCutter}. */
export interface CutText {
  /** The text without the members, exactly as `cutMembers` leaves it; cut off where `overflowed`. */
  readonly output: Buffer;
  /** Length of the whole text in bytes. */
  readonly bytes: number;
  /** True if the text was one whole JSON object. */
  readonly closed: boolean;
  /** True if the rest was longer than `outputBytesMax`: `output` is then of no use. */
  readonly overflowed: boolean;
  /** The keys that were found and cut, in order, each once. */
  readonly cut: readonly string[];
}

/**
 * `cutMembers` for a text that nobody may hold whole: it is written piece by piece, and what is held is never
 * more than `outputBytesMax`.
 */
export class StreamingCutter {
  readonly #keys: ReadonlySet<string>;
  readonly #outputBytesMax: number;
  readonly #scanner = new JsonScanner();
  readonly #cut = new Set<string>();
  /** Grows to `outputBytesMax` at most: one buffer, since a hostile text has millions of small members. */
  #output: Buffer = Buffer.alloc(0);
  #outputBytes = 0;
  #bytes = 0;
  #overflowed = false;
  /** The bytes since the comma or opening brace: whether they are output depends on the key that they lead to. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #keyStart = 0;
  #mode: 'copy' | 'hold' | 'skip' = 'copy';
  #kept = false;

  /**
   * @param keys decoded names of the top-level members to leave out
   * @param outputBytesMax the most bytes to hold
   */
  constructor(keys: ReadonlySet<string>, outputBytesMax: number) {
    this.#keys = keys;
    this.#outputBytesMax = outputBytesMax;
  }

  /** Takes the next bytes of the text. They are copied where needed: the caller may reuse the buffer. */
  write(bytes: Buffer): void {
    this.#bytes += bytes.length;
    let from = 0;
    for (let at = 0; at < bytes.length && !this.#scanner.broken;) {
      at = this.#scanner.next(bytes, at);
      from = this.#turn(bytes, from, at);
    }
    this.#take(bytes, from, bytes.length);
  }

  /** Call once, after the last `write`. */
  end(): CutText {
    return {
      output: this.#output.subarray(0, this.#outputBytes),
      bytes: this.#bytes,
      closed: this.#scanner.closed,
      overflowed: this.#overflowed,
      cut: [...this.#cut],
    };
  }

  /** Acts on a mark that ends at `at`; bytes before `from` are dealt with. Returns the new `from`. */
  #turn(bytes: Buffer, from: number, at: number): number {
    switch (this.#scanner.mark) {
      case 'open':
        this.#take(bytes, from, at);
        this.#mode = 'hold';
        return at;
      case 'key':
        this.#keyStart = this.#heldBytes + at - 1 - from;
        return from;
      case 'keyEnd':
        this.#take(bytes, from, at);
        this.#decide();
        return at;
      case 'comma':
        this.#take(bytes, from, at - 1);
        this.#mode = 'hold';
        return at - 1;
      case 'close':
        this.#take(bytes, from, at - 1);
        this.#flush(0);
        this.#mode = 'copy';
        return at - 1;
      case undefined:
        break;
    }
    return from;
  }

  #decide(): void {
    // After an overflow nothing is output any more: only the structure still counts.
    if (this.#overflowed) {
      this.#mode = 'skip';
      return;
    }
    const key = decodeKey(Buffer.concat(this.#held).subarray(this.#keyStart));
    const first = !this.#kept && this.#cut.size === 0;
    if (this.#keys.has(key)) {
      // What led to the very first key stays; nothing else does until a member is kept.
      if (first) this.#flush(0, this.#keyStart);
      this.#drop();
      this.#cut.add(key);
      this.#mode = 'skip';
      return;
    }
    this.#flush(first || this.#kept ? 0 : this.#keyStart);
    this.#kept = true;
    this.#mode = 'copy';
  }

  #take(bytes: Buffer, from: number, to: number): void {
    if (from === to || this.#mode === 'skip' || this.#overflowed) return;
    const piece = bytes.subarray(from, to);
    if (this.#outputBytes + this.#heldBytes + piece.length > this.#outputBytesMax) return this.#overflow();
    if (this.#mode === 'copy') return this.#append(piece);
    this.#held.push(Buffer.from(piece));
    this.#heldBytes += piece.length;
  }

  #flush(from: number, to = this.#heldBytes): void {
    if (this.#overflowed) return;
    this.#append(Buffer.concat(this.#held).subarray(from, to));
    this.#drop();
  }

  #append(piece: Buffer): void {
    const needed = this.#outputBytes + piece.length;
    if (needed > this.#output.length) {
      const size = Math.max(needed, Math.min(2 * this.#output.length, this.#outputBytesMax));
      const grown = Buffer.allocUnsafeSlow(size);
      this.#output.copy(grown, 0, 0, this.#outputBytes);
      this.#output = grown;
    }
    piece.copy(this.#output, this.#outputBytes);
    this.#outputBytes = needed;
  }

  #drop(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }

  #overflow(): void {
    this.#overflowed = true;
    this.#output = Buffer.alloc(0);
    this.#outputBytes = 0;
    this.#drop();
  }
}
