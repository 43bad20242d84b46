import type { ObjectText } from './object-text.ts';
import { parseJson } from './parse.ts';

const quote = 0x22;
const openBrace = 0x7b;

/** Longer values are not remembered, and not more of them, whatever a client sends: a megabyte of text a member. */
const rememberedBytesMax = 512;
const rememberedMax = 2048;

/** A top-level member that is looked for in one object after another; see WantedMembers. */
export class WantedMember {
  /** With its quotes. */
  readonly key: Buffer;
  readonly #of: { readonly text: ObjectText };
  readonly #remembered = new Map<string, unknown>();
  #start = 0;
  #end = 0;

  constructor(name: string, of: { readonly text: ObjectText }) {
    this.key = Buffer.from(`"${name}"`);
    this.#of = of;
  }

  /**
   * Its value as JSON.parse has it; undefined if the object has no such member. Not to be changed: what is the same text
   * again and again (a user with his groups) is parsed once and is then the same object.
   */
  get value(): unknown {
    if (this.#end === 0) return undefined;
    const { text } = this.#of;
    if (text.bytes[this.#start] === quote) {
      const string = text.slice(this.#start + 1, this.#end - 1);
      return string.includes('\\') ? this.#parse(text) : string;
    }
    if (this.#end - this.#start > rememberedBytesMax) return this.#parse(text);
    return this.#remembered.get(text.slice(this.#start, this.#end)) ?? this.#remember(text);
  }

  /** Where the value is, in the object that is being read. */
  found(start: number, end: number): void {
    this.#start = start;
    this.#end = end;
  }

  forget(): void {
    this.#end = 0;
  }

  #remember(text: ObjectText): unknown {
    const value = this.#parse(text);
    if (this.#remembered.size === rememberedMax) this.#remembered.clear();
    // A string of its own, not a slice, which would hold on to the whole object.
    this.#remembered.set(text.bytes.toString('utf8', this.#start, this.#end), value);
    return value;
  }

  #parse({ bytes }: ObjectText): unknown {
    const value = bytes.subarray(this.#start, this.#end);
    if (value[0] === openBrace) return parseJson(value);
    // As a member: parseJson takes every object, but not every other text.
    const object = Buffer.concat([Buffer.from('{"value":'), value, Buffer.from('}')]);
    return (parseJson(object) as { value: unknown }).value;
  }
}
