import type { Decoded } from './decoded.ts';
import { endOfRun, unitsOf } from './units.ts';

/** A string value of a JSON text, and where it stands. */
export interface StringValue {
  /** Its content in the text, without the quotes. */
  readonly from: number;
  readonly to: number;
  /** Innermost last; of the text's own object or array first. */
  readonly frames: readonly Frame[];
}

const noteNames = ['kind', 'name', 'header', 'key', 'path', 'encoding'] as const;

/** Whether what a member of this name says of its object is kept. */
export function isNoteName(key: string): key is (typeof noteNames)[number] {
  return (noteNames as readonly string[]).includes(key);
}

/** What an object calls itself, and which of the strings that may be secrets are its own. */
export interface Notes extends Partial<Record<(typeof noteNames)[number], string>> {
  /** The name in its `metadata`. */
  objectName?: string;
  /** Of an array of arguments: the one before. */
  before?: string;
  /** Ranges of candidates, `to` exclusive and open while the member is being read. */
  ranges?: {
    readonly of: 'secret' | 'value' | 'content';
    readonly member: string;
    readonly from: number;
    to?: number;
    readonly isPassedOn?: boolean;
  }[];
}

/** An object or array that is open. */
export class Frame {
  readonly isArray: boolean;
  /** The key that it is the value of; of the items of an array that of the array. */
  readonly name: string;
  /** Of an object: the key of the member that is being read. */
  key = '';
  /** Of an array: how many items came before. */
  index = 0;
  /** What a visitor keeps with it until it closes. */
  readonly notes: Notes = {};
  /** How far it has got in patterns of paths (path-patterns.ts), once it was asked for. */
  paths?: Int32Array;

  constructor(isArray: boolean, name: string) {
    this.isArray = isArray;
    this.name = name;
  }

  /** The name that a value in it goes by. */
  get valueName(): string {
    return this.isArray ? this.name : this.key;
  }
}

export interface Visitor {
  /** The key of a member of the innermost object was read; its value comes next. */
  onKey(frame: Frame): void;
  onString(value: StringValue): void;
  /** An object or array closes; it is no longer among the frames. */
  onClose(frame: Frame, frames: readonly Frame[]): void;
}

const hexDigits = unitsOf('0-9', 'a-f', 'A-F');
const quote = 0x22;
const backslash = 0x5c;
const framesMax = 100_000;

/**
 * Visits each string value of a JSON text. Iterative: a client may nest a million levels deep.
 *
 * @returns false where it is no JSON, or beyond `framesMax` levels; what came before was visited
 */
export function walkJson({ text }: Decoded, visitor: Visitor): boolean {
  const frames: Frame[] = [];
  let isKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const top = frames.at(-1);
    switch (code) {
      case quote: {
        const end = endOfString(text, at);
        if (end < 0) return false;
        if (top && !top.isArray && isKey) {
          top.key = keyOf(text.slice(at + 1, end));
          isKey = false;
          visitor.onKey(top);
        } else visitor.onString({ from: at + 1, to: end, frames });
        at = end;
        break;
      }
      case 0x7b: // {
      case 0x5b: // [
        if (frames.length === framesMax) return false;
        frames.push(new Frame(code === 0x5b, top?.valueName ?? ''));
        isKey = code === 0x7b;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        if (top === undefined || top.isArray !== (code === 0x5d)) return false;
        frames.pop();
        visitor.onClose(top, frames);
        break;
      case 0x2c: // ,
        if (top === undefined) return false;
        if (top.isArray) top.index += 1;
        else isKey = true;
        break;
      default:
        if (!plain.has(code)) return false;
    }
  }
  return frames.length === 0;
}

/** A client may write any letter of a key as an escape. */
function keyOf(written: string): string {
  if (!written.includes('\\')) return written;
  try {
    return JSON.parse(`"${written}"`) as string;
  } catch {
    // A control character, which no JSON has; then it is none of ours.
    return written;
  }
}

/** What stands outside of strings: white space, the colon, numbers and the three words. */
const plain: ReadonlySet<number> = new Set(Buffer.from(' \t\r\n:+-.0123456789eEtrufalsn'));

/** The offset of the closing quote; -1 where there is none, or an escape that is none of JSON's. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code !== backslash) continue;
    at += 1;
    const letter = text[at];
    if (letter === 'u') {
      if (endOfRun(text, at + 1, hexDigits, Math.min(text.length, at + 5)) < at + 5) return -1;
      at += 4;
    } else if (letter === undefined || !'"\\/bfnrt'.includes(letter)) return -1;
  }
  return -1;
}
