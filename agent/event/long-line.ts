import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { StreamingCutter } from '../json/index.ts';
import type { CutText } from '../json/index.ts';

/** The members whose loss keeps an event an event. */
export const bodyMembers: ReadonlySet<string> = new Set(['requestObject', 'responseObject']);

/** What level Request leaves out. */
export const responseMember: ReadonlySet<string> = new Set(['responseObject']);

/**
 * A line of more than `entryBytesMax` while it streams by: what a document can still say of it is kept (its event without
 * bodies if that is short enough, else its first and last bytes) and its digests, never the whole.
 */
export class LongLineParts {
  readonly #hash: Hash = createHash('sha256');
  readonly #cutter: StreamingCutter;
  readonly #textBytesMax: number;
  #head: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);
  #bytes = 0;

  constructor(options: { eventBytesMax: number; textBytesMax: number }) {
    this.#cutter = new StreamingCutter(bodyMembers, options.eventBytesMax);
    this.#textBytesMax = options.textBytesMax;
  }

  /** Takes the next bytes of the line, never its newline. */
  write(bytes: Buffer): void {
    this.#hash.update(bytes);
    this.#cutter.write(bytes);
    this.#bytes += bytes.length;
    const half = this.#textBytesMax / 2;
    if (this.#head.length < half)
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, half - this.#head.length)]);
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-half)]).subarray(-half);
  }

  /** Call once, after the last byte. `digest` is the SHA-256 of the line, `rawHash` goes on to what ends it. */
  end(): { bytes: number; head: Buffer; tail: Buffer; digest: Buffer; rawHash: Hash; cut: CutText } {
    const digest = this.#hash.copy().digest();
    return {
      bytes: this.#bytes,
      head: this.#head,
      tail: this.#tail,
      digest,
      rawHash: this.#hash,
      cut: this.#cutter.end(),
    };
  }
}
