import { parseJson } from './parse.ts';
import { Remembered } from './remembered.ts';

const quote = 0x22;
const openBrace = 0x7b;

/** A top-level member that is looked for in one object after another; see WantedMembers. */
export class WantedMember {
  /** With its quotes. */
  readonly key: Buffer;
  readonly #of: { readonly text: Buffer };
  readonly #remembered: Remembered | undefined;
  #start = 0;
  #end = 0;

  constructor(name: string, of: { readonly text: Buffer }, isUnique: boolean) {
    this.key = Buffer.from(`"${name}"`);
    this.#of = of;
    this.#remembered = isUnique ? undefined : new Remembered();
  }

  /**
   * Its value as JSON.parse has it; undefined if the object has no such member. Not to be changed: what is the same text
   * again and again (a user with his groups) is parsed once and is then the same object.
   */
  get value(): unknown {
    if (this.#end === 0) return undefined;
    const { text } = this.#of;
    const known = this.#remembered?.find(text, this.#start, this.#end);
    if (known !== undefined) return known;
    const value = this.#parse(text);
    this.#remembered?.keep(text, this.#start, this.#end, value);
    return value;
  }

  /** The bytes of its value as they are; undefined if the object has no such member. */
  get bytes(): Buffer | undefined {
    return this.#end === 0 ? undefined : this.#of.text.subarray(this.#start, this.#end);
  }

  /** Where the value is, in the object that is being read. */
  found(start: number, end: number): void {
    this.#start = start;
    this.#end = end;
  }

  forget(): void {
    this.#end = 0;
  }

  #parse(text: Buffer): unknown {
    if (text[this.#start] === quote) {
      const string = text.toString('utf8', this.#start + 1, this.#end - 1);
      if (!string.includes('\\')) return string;
    }
    const value = text.subarray(this.#start, this.#end);
    if (value[0] === openBrace) return parseJson(value);
    // As a member: parseJson takes every object, but not every other text.
    const object = Buffer.concat([Buffer.from('{"value":'), value, Buffer.from('}')]);
    return (parseJson(object) as { value: unknown }).value;
  }
}
