import { parseJson } from './parse.ts';

const comma = 0x2c;
/** `[`; `{` differs in one bit. */
const openBracket = 0x5b;

/** What a text may cost when it is parsed. */
export interface JsonBounds {
  /** Length of the text. */
  bytesMax: number;
  /** Values, counted as commas and opening brackets, those in strings too. V8 takes up to 100 bytes for an empty one. */
  valuesMax: number;
}

/** {@link parseJson} of what others wrote into Elasticsearch; undefined, too, where it is beyond the bounds: nothing is parsed then. */
export function parseBounded(bytes: Buffer, { bytesMax, valuesMax }: JsonBounds): unknown {
  if (bytes.length > bytesMax) return undefined;
  if (bytes.length > valuesMax && !hasFewValues(bytes, valuesMax)) return undefined;
  return parseJson(bytes);
}

function hasFewValues(bytes: Buffer, valuesMax: number): boolean {
  let count = 0;
  for (let at = 0; at < bytes.length && count <= valuesMax; at += 1) {
    const byte = bytes[at]!;
    if (byte === comma || (byte & 0xdf) === openBracket) count += 1;
  }
  return count <= valuesMax;
}
