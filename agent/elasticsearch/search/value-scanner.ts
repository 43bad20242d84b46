const quote = 0x22;
const star = 0x2a;
const comma = 0x2c;
const slash = 0x2f;
const newline = 0x0a;
const backslash = 0x5c;
/** `[` and `{` differ in one bit, and so do `]` and `}`. */
const bracketMask = 0xdf;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Outside of strings; in one; after a backslash in one; after a slash; in comments, of which `*` may end the second. */
const plain = 0;
const string = 1;
const escaped = 2;
const slashed = 3;
const lineComment = 4;
const blockComment = 5;
const starred = 6;

/**
 * Finds the end of one JSON value byte by byte, over any chunks, without parsing it.
 *
 * Elasticsearch stores and returns what its parser took, which is more than JSON: comments. They are followed here,
 * or a quote in one would let a forged document swallow those after it.
 */
export class ValueScanner {
  #depth = 0;
  #state = plain;

  begin(): void {
    this.#depth = 0;
    this.#state = plain;
  }

  /** The offset of the `,`, `}` or `]` that follows the value, or the chunk's length if it is not in the chunk. */
  end(chunk: Buffer, from: number): number {
    const { length } = chunk;
    let depth = this.#depth;
    let state = this.#state;
    let at = from;
    while (at < length) {
      const byte = chunk[at]!;
      if (state === string) {
        if (byte === quote) state = plain;
        else if (byte === backslash) state = escaped;
        else {
          at = innerEnd(chunk, at + 1, length);
          continue;
        }
      } else if (state === plain) {
        if (byte === quote) state = string;
        else if ((byte & bracketMask) === openBracket) depth += 1;
        else if ((byte & bracketMask) === closeBracket || byte === comma) {
          if (depth === 0) break;
          if (byte !== comma) depth -= 1;
        } else if (byte === slash) state = slashed;
      } else state = afterRare(state, byte);
      at += 1;
    }
    this.#depth = depth;
    this.#state = state;
    return at;
  }
}

/** Past what only goes on with a string: most bytes are of that kind, and so cost a third (measured). */
function innerEnd(chunk: Buffer, from: number, length: number): number {
  let at = from;
  for (; at < length; at += 1) {
    const byte = chunk[at]!;
    if (byte === quote || byte === backslash) break;
  }
  return at;
}

function afterRare(state: number, byte: number): number {
  if (state === escaped) return string;
  if (state === slashed) return byte === slash ? lineComment : byte === star ? blockComment : plain;
  if (state === lineComment) return byte === newline ? plain : lineComment;
  if (state === starred && byte === slash) return plain;
  return byte === star ? starred : blockComment;
}
