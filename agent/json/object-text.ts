import { isAscii } from 'node:buffer';

/** Longer texts are mostly bodies, of which no string is made. */
const stringBytesMax = 16 * 1024;

/** The bytes of one object, and where they are few and ASCII their string: one for all members is cheaper than one each. */
export class ObjectText {
  readonly bytes: Buffer;
  readonly #string: string | undefined;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#string = bytes.length <= stringBytesMax && isAscii(bytes) ? bytes.toString('latin1') : undefined;
  }

  /** The bytes from `start` to `end` as a string. It may hold on to the string of the whole. */
  slice(start: number, end: number): string {
    return this.#string?.slice(start, end) ?? this.bytes.toString('utf8', start, end);
  }
}
