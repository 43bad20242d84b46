/**
 * A text that was decoded out of a line's bytes, and where in the line each unit of it begins. A unit is one byte of UTF-8,
 * as a character of the code 0 to 255: what is looked for here is ASCII, and a span never needs a character whole.
 */
export interface Decoded {
  readonly text: string;
  /** Offset in the line of each unit, and of the end; undefined where the text is a run of the line's own bytes. */
  readonly offsets: Uint32Array | undefined;
  /** Offset in the line of the first unit. */
  readonly start: number;
}

const backslash = 0x5c;
const percent = 0x25;
const plus = 0x2b;

/** The line itself. */
export function decodedLine(line: Buffer): Decoded {
  return { text: line.toString('latin1'), offsets: undefined, start: 0 };
}

/** Where a unit of a decoded text begins in the line. */
export function offsetIn({ offsets, start }: Decoded, unit: number): number {
  return offsets === undefined ? start + unit : (offsets[unit] as number);
}

/** A part of a text. */
export function partOf(decoded: Decoded, from: number, to: number): Decoded {
  return {
    text: decoded.text.slice(from, to),
    offsets: decoded.offsets?.subarray(from, to + 1),
    start: offsetIn(decoded, from),
  };
}

/** What the JSON string stands for whose content, without its quotes, is `from` to `to`. Its escapes must be well-formed. */
export function unescaped(decoded: Decoded, from: number, to: number): Decoded {
  const part = partOf(decoded, from, to);
  // Looked for in the part alone: in the text behind it, it would be looked for again and again.
  if (!part.text.includes('\\')) return part;
  const { text } = decoded;
  const units = new Units(to - from);
  for (let at = from; at < to;) {
    const offset = offsetIn(decoded, at);
    if (text.charCodeAt(at) !== backslash) {
      units.add(text.charCodeAt(at), offset);
      at += 1;
      continue;
    }
    const letter = text[at + 1] as string;
    if (letter !== 'u') {
      units.add((simpleEscapes[letter] ?? letter).charCodeAt(0), offset);
      at += 2;
      continue;
    }
    let character = String.fromCharCode(parseInt(text.slice(at + 2, at + 6), 16));
    at += 6;
    // The second half of a surrogate pair.
    if (/[\ud800-\udbff]/u.test(character) && text.startsWith('\\u', at)) {
      const pair = character + String.fromCharCode(parseInt(text.slice(at + 2, at + 6), 16));
      if (pair.isWellFormed()) [character, at] = [pair, at + 6];
    }
    for (const byte of Buffer.from(character)) units.add(byte, offset);
  }
  return units.end(offsetIn(decoded, to));
}

const simpleEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** What a part of a URI stands for: percent-encoding undone, and a plus is a space. */
export function unquoted(decoded: Decoded): Decoded {
  return withoutPercents(decoded, 0x20);
}

/** The same of a `data:` URI, where a plus is a plus. */
export function percentDecoded(decoded: Decoded): Decoded {
  return withoutPercents(decoded, plus);
}

function withoutPercents(decoded: Decoded, ofPlus: number): Decoded {
  const { text } = decoded;
  if (!text.includes('%') && (ofPlus === plus || !text.includes('+'))) return decoded;
  const units = new Units(text.length);
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    const byte = code === percent ? parseInt(text.slice(at + 1, at + 3), 16) : NaN;
    units.add(Number.isNaN(byte) ? (code === plus ? ofPlus : code) : byte, offsetIn(decoded, at));
    at += Number.isNaN(byte) ? 1 : 3;
  }
  return units.end(offsetIn(decoded, text.length));
}

/** Units of a decoded text as they are found. */
class Units {
  readonly #bytes: Buffer;
  readonly #offsets: Uint32Array;
  #length = 0;

  /** No text gets longer when it is decoded. */
  constructor(lengthMax: number) {
    this.#bytes = Buffer.allocUnsafe(lengthMax);
    this.#offsets = new Uint32Array(lengthMax + 1);
  }

  add(byte: number, offset: number): void {
    this.#bytes[this.#length] = byte;
    this.#offsets[this.#length] = offset;
    this.#length += 1;
  }

  end(offset: number): Decoded {
    this.#offsets[this.#length] = offset;
    return {
      text: this.#bytes.toString('latin1', 0, this.#length),
      offsets: this.#offsets.subarray(0, this.#length + 1),
      start: this.#offsets[0] as number,
    };
  }
}
