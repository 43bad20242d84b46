import { decodeKey } from './key.ts';
import { scannedDepth, scanObject } from './scan-object.ts';
import type { OnMember } from './scan-object.ts';
import { WantedMember } from './wanted-member.ts';

const backslash = 0x5c;
const slots = 256;

/** Reads chosen top-level members of one object after another, and builds nothing of the others. */
export class WantedMembers {
  /** The object that was read last. */
  text: Buffer = Buffer.alloc(0);
  /** Levels of objects and arrays in it; empty ones do not count. */
  depth = 0;
  readonly #members: WantedMember[] = [];
  /** By `slotOf` their keys: which member a key names is found without making a string of it. */
  readonly #bySlot: WantedMember[][] = Array.from({ length: slots }, () => []);

  /**
   * Asks for a member. Its value is that in the object that was read last. `isUnique`: hardly two objects have the same, so
   * that nothing is gained by remembering it.
   */
  member(name: string, { isUnique = false }: { isUnique?: boolean } = {}): WantedMember {
    const member = new WantedMember(name, this, isUnique);
    this.#members.push(member);
    this.#bySlot[slotOf(member.key, 0, member.key.length)]!.push(member);
    return member;
  }

  /**
   * Finds the members in `text`, strict UTF-8: of repeated ones the last; keys are compared decoded. The values can be had
   * until the next call, and as long as the bytes of `text` hold.
   *
   * @returns false if the text is not one whole JSON object, as JSON.parse would find; values are of no use then
   */
  read(text: Buffer): boolean {
    for (const member of this.#members) member.forget();
    this.text = text;
    const isObject = scanObject(text, this.#onMember);
    this.depth = scannedDepth();
    return isObject;
  }

  readonly #onMember: OnMember = (keyStart, keyEnd, valueStart, valueEnd) => {
    this.#named(keyStart, keyEnd)?.found(valueStart, valueEnd);
  };

  #named(keyStart: number, keyEnd: number): WantedMember | undefined {
    const bytes = this.text;
    for (const member of this.#bySlot[slotOf(bytes, keyStart, keyEnd)]!)
      if (isAt(bytes, keyStart, keyEnd, member.key)) return member;
    let at = keyStart;
    while (at < keyEnd && bytes[at] !== backslash) at++;
    if (at === keyEnd) return undefined;
    const decoded = Buffer.from(`"${decodeKey(bytes.subarray(keyStart, keyEnd))}"`);
    return this.#members.find((member) => member.key.equals(decoded));
  }
}

/** The keys of an audit event differ in length, or else at the ends. */
function slotOf(bytes: Buffer, start: number, end: number): number {
  return (8 * (end - start) + 3 * (bytes[start + 1] as number) + (bytes[end - 2] as number)) & (slots - 1);
}

function isAt(bytes: Buffer, start: number, end: number, key: Buffer): boolean {
  if (end - start !== key.length) return false;
  for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key[i]) return false;
  return true;
}
