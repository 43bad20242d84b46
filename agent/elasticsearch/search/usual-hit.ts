const quote = 0x22;
const backslash = 0x5c;
const closeBrace = 0x7d;
const space = 0x20;
const tilde = 0x7e;

/** Elasticsearch's own limit of an `_id`, in bytes. */
const idBytesMax = 512;

const beforeSource = Buffer.from('","_score":null,"_source":');
const beforeSort = Buffer.from(',"sort":[');

const tailForm = /^,"sort":\[-?(?:0|[1-9]\d*)(?:,-?(?:0|[1-9]\d*))*\]\}$/u;
const tailBytesMax = 256;

/** A hit as Elasticsearch prints it, of plain characters and up to its `_id`. */
const beginning = /^\{"_index":"([ !#-[\]-~]*)","_id":"/u;

/**
 * Recognises a hit that is printed as one before it, `{"_index":"…","_id":"…","_score":null,"_source":…,"sort":[…]}` with numbers to
 * sort by: what is around its source is compared, and neither scanned nor parsed, which took as long as to hash the source (measured).
 * Any other hit is left to the scanner.
 */
export class UsualHit {
  index = '';
  id = '';
  #before: Buffer | undefined;
  #beforeText = '';

  /** Takes a hit as JSON text: the next one of its index may be recognised. */
  learn(rest: string): void {
    const match = beginning.exec(rest);
    if (!match || match[0] === this.#beforeText) return;
    [this.#beforeText, this.index] = [match[0], match[1]!];
    this.#before = Buffer.from(match[0]);
  }

  /** The offset of the source of a hit that begins at `at`; -1 unless it is as the one before, and the chunk has all that is before its source. */
  sourceAt(chunk: Buffer, at: number): number {
    const before = this.#before;
    if (!before || !isAt(chunk, at, before)) return -1;
    const from = at + before.length;
    const max = Math.min(chunk.length, from + idBytesMax);
    let to = from;
    for (; to < max; to += 1) {
      const byte = chunk[to]!;
      if (byte === quote) break;
      if (byte < space || byte > tilde || byte === backslash) return -1;
    }
    if (!isAt(chunk, to, beforeSource)) return -1;
    this.id = chunk.toString('latin1', from, to);
    return to + beforeSource.length;
  }

  /** What is behind the source of a hit that ends at `at`; undefined unless the chunk has all of it, and only numbers to sort by. */
  tailAt(chunk: Buffer, at: number): string | undefined {
    if (!isAt(chunk, at, beforeSort)) return undefined;
    const end = Math.min(chunk.length, at + tailBytesMax);
    for (let to = at + beforeSort.length; to < end; to += 1) {
      if (chunk[to] !== closeBrace) continue;
      const tail = chunk.toString('latin1', at, to + 1);
      return tailForm.test(tail) ? tail : undefined;
    }
    return undefined;
  }

  /** What is before the source of the hit whose `sourceAt` was found. */
  get head(): string {
    return `${this.#beforeText}${this.id}","_score":null,"_source":`;
  }
}

function isAt(chunk: Buffer, at: number, wanted: Buffer): boolean {
  if (at + wanted.length > chunk.length) return false;
  for (let i = 0; i < wanted.length; i += 1) if (chunk[at + i] !== wanted[i]) return false;
  return true;
}
