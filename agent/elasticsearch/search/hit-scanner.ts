import { ElasticsearchError } from '../error.ts';
import { Bytes } from './bytes.ts';
import { UsualHit } from './usual-hit.ts';
import { ValueScanner } from './value-scanner.ts';

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Depth, in brackets, of the members of the answer, of its `hits`, of the list of hits, and of one hit's members. */
const rootDepth = 1;
const hitsDepth = 2;
const listDepth = 3;
const hitDepth = 4;

/** What an answer says beside its hits is short; more is not an answer of Elasticsearch. */
const skeletonBytesMax = 4 * 1024 * 1024;

/**
 * A source that is longer is cut off behind one byte more (docs/seal-format.md §8.1): no entry is as long, and what is cut is not one
 * JSON text. So no document takes more memory than that.
 */
export const sourceBytesMax = 128 * 1024 * 1024;

/** A document that a search found. */
export interface Hit {
  /** The backing index. */
  index: string;
  id: string;
  /** The bytes of `_source` as they are, without white space around them, up to {@link sourceBytesMax}. Lent: they are valid until the next hit is asked for. */
  source: Buffer;
  /** The hit as JSON text with `null` for `_source`; `sort` is in it with every digit. */
  rest: string;
}

/**
 * Takes a `_search` answer apart as its bytes come and yields one hit at a time, with the exact bytes of its `_source`.
 * Memory is bounded by the largest hit, never by the page. Throws ElasticsearchError `bad-response`.
 */
export class HitScanner {
  /** The answer without its hits, and the hit at hand without its source. */
  readonly #skeleton = new Bytes(skeletonBytesMax);
  readonly #rest = new Bytes(skeletonBytesMax);
  /** The source at hand, where it does not lie in one chunk. */
  readonly #spill = new Bytes(sourceBytesMax + 1);
  readonly #value = new ValueScanner();
  readonly #usual = new UsualHit();
  /** The hit at hand is a usual one, of which nothing was kept so far. */
  #isUsual = false;
  #source: Buffer | undefined;
  #inSource = false;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  /** Offset after the opening quote of the last string, in the buffer that it was put into. */
  #stringAt = 0;
  #key = '';
  #inHits = false;
  #inHitList = false;

  /** Yields the hits that end in this chunk. Ask for all of them before the next chunk. */
  *push(chunk: Buffer): Generator<Hit> {
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#inSource) {
        at = this.#takeSource(chunk, at);
        if (this.#isUsual && !this.#inSource) {
          const tail = this.#usual.tailAt(chunk, at);
          if (tail === undefined) this.#keepUsual();
          else yield this.#usualHit(tail);
          at += tail?.length ?? 0;
        }
        from = at;
        continue;
      }
      const byte = chunk[at]!;
      at += 1;
      if (this.#inString) {
        this.#takeStringByte(byte, chunk, from, at);
        continue;
      }
      if (byte === quote) {
        this.#inString = true;
        this.#stringAt = this.#kept.length + at - from;
      } else if (byte === colon && this.#takeColon()) {
        this.#keep(chunk, from, at);
        from = at;
        this.#beginSource();
      } else if (byte === openBrace || byte === openBracket) {
        const source =
          this.#inHitList && this.#depth === listDepth ? this.#usual.sourceAt(chunk, at - 1) : -1;
        if (source > 0) {
          this.#isUsual = true;
          this.#beginSource();
          at = source;
        } else from = this.#open(byte, chunk, from, at);
      } else if (byte === closeBrace || byte === closeBracket) {
        if (this.#inHitList && this.#depth === hitDepth) {
          this.#keep(chunk, from, at);
          from = at;
          yield this.#hit();
        } else if (this.#inHitList && this.#depth === listDepth) from = at - 1;
        this.#close();
      } else if (byte === comma) this.#key = '';
    }
    this.#keep(chunk, from, at);
  }

  /** The answer without its hits; call when its last byte has been pushed. */
  end(): unknown {
    if (this.#depth !== 0 || this.#skeleton.length === 0) throw cutShort();
    return parse(this.#skeleton.text());
  }

  get #kept(): Bytes {
    return this.#inHitList && this.#depth >= hitDepth ? this.#rest : this.#skeleton;
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    // Between the hits there are only commas.
    if (to <= from || (this.#inHitList && this.#depth === listDepth)) return;
    const kept = this.#kept;
    if (kept.length + to - from > skeletonBytesMax)
      throw new ElasticsearchError('bad-response', 'an answer of Elasticsearch holds far more than hits');
    kept.append(chunk.subarray(from, to));
  }

  #takeStringByte(byte: number, chunk: Buffer, from: number, at: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === backslash) this.#isEscaped = true;
    else if (byte === quote) {
      this.#inString = false;
      if (this.#depth <= hitDepth) this.#key = this.#string(chunk, from, at - 1);
    }
  }

  /** The text of the string that ends before `end`; its beginning may have been kept from an earlier chunk. */
  #string(chunk: Buffer, from: number, end: number): string {
    const kept = this.#kept;
    if (this.#stringAt >= kept.length)
      return chunk.toString('latin1', from + this.#stringAt - kept.length, end);
    return kept.text(this.#stringAt) + chunk.toString('latin1', from, end);
  }

  /** Whether the value of a hit's `_source` follows. */
  #takeColon(): boolean {
    if (this.#depth === rootDepth) this.#inHits = this.#key === 'hits';
    return this.#inHitList && this.#depth === hitDepth && this.#key === '_source';
  }

  /** Returns from where on the chunk's bytes are still to be kept. */
  #open(byte: number, chunk: Buffer, from: number, at: number): number {
    let rest = from;
    if (this.#inHitList && this.#depth === listDepth) {
      rest = at - 1;
      this.#rest.clear();
      this.#source = undefined;
    } else if (byte === openBracket && this.#depth === hitsDepth && this.#inHits && this.#key === 'hits') {
      this.#keep(chunk, from, at);
      rest = at;
      this.#inHitList = true;
    }
    this.#depth += 1;
    return rest;
  }

  #close(): void {
    this.#depth -= 1;
    if (this.#depth === hitsDepth) this.#inHitList = false;
  }

  #beginSource(): void {
    this.#inSource = true;
    this.#value.begin();
    this.#spill.clear();
  }

  #takeSource(chunk: Buffer, from: number): number {
    const end = this.#value.end(chunk, from);
    const part = chunk.subarray(from, end);
    if (end === chunk.length || this.#spill.length > 0) this.#spill.append(part);
    if (end < chunk.length) {
      this.#source = trimmed(this.#spill.length > 0 ? this.#spill.view() : part);
      this.#inSource = false;
      if (!this.#isUsual) this.#rest.append(nullBytes);
    }
    return end;
  }

  /** The end of the hit at hand shows that it is a usual one to its last byte. */
  #usualHit(tail: string): Hit {
    this.#isUsual = false;
    const { index, id, head } = this.#usual;
    return { index, id, source: this.#source!, rest: `${head}null${tail}` };
  }

  /** The end of the hit at hand is not in the chunk, or not a usual one: from here on it is like any other. */
  #keepUsual(): void {
    this.#isUsual = false;
    this.#rest.clear();
    this.#rest.append(Buffer.from(`${this.#usual.head}null`));
    this.#depth = hitDepth;
  }

  #hit(): Hit {
    const rest = this.#rest.text();
    this.#usual.learn(rest);
    const { _index: index, _id: id } = parse(rest) as { _index?: unknown; _id?: unknown };
    const source = this.#source;
    if (typeof index !== 'string' || typeof id !== 'string' || !source)
      throw new ElasticsearchError('bad-response', 'a hit of Elasticsearch lacks _index, _id or _source');
    return { index, id, source, rest };
  }
}

const nullBytes = Buffer.from('null');

/** The format's bytes of a document are those from its first to its last, without white space around. */
function trimmed(source: Buffer): Buffer {
  let [from, to] = [0, source.length];
  while (from < to && isSpace(source[from]!)) from += 1;
  while (from < to && isSpace(source[to - 1]!)) to -= 1;
  return from === 0 && to === source.length ? source : source.subarray(from, to);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The `sort` member of a hit, as it was written: as numbers, 2^63 - 1 would come back another. */
export function sortOf({ rest }: Hit): string {
  const { sort } = parse(rest, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined ? rawJson(context.source) : value,
  ) as { sort?: unknown };
  if (!Array.isArray(sort)) throw new ElasticsearchError('bad-response', 'a hit of Elasticsearch lacks sort');
  return JSON.stringify(sort);
}

/** Part of ECMAScript 2026, which the compiler's library does not know yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (text: string) => unknown };

function parse(text: string, reviver?: Parameters<typeof JSON.parse>[1]): unknown {
  try {
    return JSON.parse(text, reviver) as unknown;
  } catch (cause) {
    throw new ElasticsearchError('bad-response', 'an answer of Elasticsearch is not JSON', { cause });
  }
}

function cutShort(): ElasticsearchError {
  return new ElasticsearchError('bad-response', 'an answer of Elasticsearch ends in the middle');
}
