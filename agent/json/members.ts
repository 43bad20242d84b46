import { JsonError } from './error.ts';
import { decodeKey } from './key.ts';
import { scanObject } from './scan-object.ts';

const isLetters = /^[A-Za-z]+$/;
/** How an escape of a letter begins; the apiserver escapes `&`, `<` and `>` in almost every line. */
const escapedLetters = ['\\u004', '\\u005', '\\u006', '\\u007'].map((text) => Buffer.from(text));

/** A member of the top-level object; offsets in bytes, ends exclusive, keys with their quotes. */
export interface Member {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** Offset of the comma or closing brace after the value. */
  readonly end: number;
}

/**
 * The members of the object that `text` is, in order, repeated keys included.
 *
 * @throws JsonError `not-an-object` if the text is not one whole JSON object
 */
export function members(text: Buffer): Member[] {
  const found: Member[] = [];
  const isObject = scanObject(text, (keyStart, keyEnd, valueStart, valueEnd, end) => {
    found.push({ keyStart, keyEnd, valueStart, valueEnd, end });
  });
  if (isObject) return found;
  throw new JsonError('not-an-object', `${text.length} bytes that are not one whole JSON object`);
}

/** The key that a member goes by, its escapes decoded. */
export function keyOf(text: Buffer, member: Member): string {
  return decodeKey(text.subarray(member.keyStart, member.keyEnd));
}

/**
 * The bytes of `text` without the top-level members named in `keys`, as pieces of `text` itself. Keys are compared
 * decoded (`"request\u004fbject"` is requestObject) and every repetition is cut. A cut member takes along the comma
 * before it, or, where no member is left before it, all up to the next key; other bytes stay as they are.
 *
 * @throws JsonError `not-an-object` if the text is not one whole JSON object
 */
export function cutMembers(text: Buffer, keys: ReadonlySet<string>): Buffer[] {
  return mayHold(text, keys) ? without(text, rangesOf(text, keys)) : [text];
}

/** A part of a text, in bytes; the end is exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * What `cutMembers` takes out of `text`, in order.
 *
 * @throws JsonError `not-an-object` if the text is not one whole JSON object
 */
export function rangesOf(text: Buffer, keys: ReadonlySet<string>): Range[] {
  const ranges: { start: number; end: number }[] = [];
  let kept = false;
  let cutting = false;
  let lastEnd = 0;
  for (const member of members(text)) {
    const cut = keys.has(keyOf(text, member));
    if (cut && !cutting) ranges.push({ start: kept ? lastEnd : member.keyStart, end: 0 });
    if (!cut && cutting) ranges.at(-1)!.end = kept ? lastEnd : member.keyStart;
    cutting = cut;
    kept ||= !cut;
    lastEnd = member.end;
  }
  if (cutting) ranges.at(-1)!.end = lastEnd;
  return ranges;
}

/** The bytes of `text` outside of `ranges`, which are in order and do not overlap, as pieces of `text` itself. */
export function without(text: Buffer, ranges: readonly Range[]): Buffer[] {
  let from = 0;
  const pieces = ranges.map(({ start, end }) => {
    const piece = text.subarray(from, start);
    from = end;
    return piece;
  });
  return [...pieces, text.subarray(from)];
}

/** False if no member can be meant: a key of letters is there as it is, or with an escaped letter in it. */
function mayHold(text: Buffer, keys: ReadonlySet<string>): boolean {
  for (const key of keys) if (!isLetters.test(key) || text.includes(`"${key}"`)) return true;
  return escapedLetters.some((escape) => text.includes(escape));
}
