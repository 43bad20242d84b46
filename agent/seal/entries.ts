import { hashBytes, writeLeafHash } from './hash.ts';
import { eventId } from './ids.ts';

/** A run of entries that becomes one gzip member of the bulk body: small enough that a 413 splits without compressing again. */
export interface MemberRange {
  first: number;
  count: number;
  start: number;
  end: number;
}

const actionStart = '{"create":{"_id":"';
const actionEnd = '"}}\n';
const idHashDigits = 16;
/** A UTF-16 unit is at most 3 bytes of UTF-8. */
const utf8BytesMax = 3;

/**
 * The entries of the batch at hand as the lines of a bulk body, in one buffer that is reused from batch to batch, with
 * their leaf hashes. An entry is the exact bytes of its document line, so it is hashed where it lies.
 */
export class Entries {
  readonly #memberBytesMax: number;
  #buffer: Buffer;
  #leaves: Buffer;
  #length = 0;
  #count = 0;
  #logId = '';
  #first = 0;
  #members: MemberRange[] = [];

  constructor(options: { bytes: number; events: number; memberBytesMax: number }) {
    this.#buffer = Buffer.allocUnsafeSlow(options.bytes);
    this.#leaves = Buffer.allocUnsafeSlow(options.events * hashBytes);
    this.#memberBytesMax = options.memberBytesMax;
  }

  /** Empties the buffer for a batch of the log whose next index is `first`. */
  begin(logId: string, first: number): void {
    this.#length = 0;
    this.#count = 0;
    this.#members = [];
    this.#logId = logId;
    this.#first = first;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#length;
  }

  get nextIndex(): number {
    return this.#first + this.#count;
  }

  /** Bytes of the leaf hashes, concatenated; a copy. */
  leafHashes(): Buffer {
    return Buffer.from(this.#leaves.subarray(0, this.#count * hashBytes));
  }

  /** Appends a document in pieces. */
  add(pieces: readonly (string | Buffer)[]): void {
    this.#reserve(pieces);
    const line = this.#length;
    const index = this.nextIndex;
    let at = line + this.#buffer.write(`${actionStart}${eventId(this.#logId, index)}-`, line, 'latin1');
    const hashAt = at;
    at += idHashDigits;
    at += this.#buffer.write(actionEnd, at, 'latin1');
    const start = at;
    for (const piece of pieces) {
      at += typeof piece === 'string' ? this.#buffer.write(piece, at) : piece.copy(this.#buffer, at);
    }
    const leaf = this.#count * hashBytes;
    writeLeafHash(this.#buffer, start, at, this.#leaves, leaf);
    writeHex(this.#leaves, leaf, leaf + idHashDigits / 2, this.#buffer, hashAt);
    this.#buffer[at] = 0x0a;
    this.#length = at + 1;
    this.#count += 1;
    this.#extendMember(index, line);
  }

  /** The members' uncompressed bytes: views, valid until the buffer is begun anew. */
  members(): (MemberRange & { body: Buffer })[] {
    return this.#members.map((member) => ({
      ...member,
      body: this.#buffer.subarray(member.start, member.end),
    }));
  }

  #extendMember(index: number, line: number): void {
    const last = this.#members.at(-1);
    if (last && this.#length - last.start <= this.#memberBytesMax) {
      last.count += 1;
      last.end = this.#length;
    } else {
      this.#members.push({ first: index, count: 1, start: line, end: this.#length });
    }
  }

  #reserve(pieces: readonly (string | Buffer)[]): void {
    let bytes = 128;
    for (const piece of pieces)
      bytes += typeof piece === 'string' ? piece.length * utf8BytesMax : piece.length;
    if (this.#length + bytes > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(this.#length + bytes);
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    if ((this.#count + 1) * hashBytes > this.#leaves.length) {
      const grown = Buffer.allocUnsafeSlow(this.#leaves.length * 2 + hashBytes);
      this.#leaves.copy(grown);
      this.#leaves = grown;
    }
  }
}

const hexDigits = Buffer.from('0123456789abcdef');

/** For a few bytes a quarter of what `toString` and `write` take. */
function writeHex(bytes: Buffer, start: number, end: number, target: Buffer, at: number): void {
  for (let from = start, to = at; from < end; from++, to += 2) {
    const byte = bytes[from] as number;
    target[to] = hexDigits[byte >> 4] as number;
    target[to + 1] = hexDigits[byte & 0x0f] as number;
  }
}
