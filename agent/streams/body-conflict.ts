import { bodyShapes, flattened } from './body-shape.ts';
import type { BodyShape } from './body-shape.ts';
import { textUnitsMax } from '../event/index.ts';
import { isPlainBody } from './plain-body.ts';

/**
 * Why Elasticsearch refuses a body (each seen on 9.5.3).
 *
 * - `mapping_conflict`: a value where the template maps an object, or an object where it maps a value
 * - `duplicate_field`: an object has two members of one name
 * - `field_name`: a member's name is no path: empty, blank or with an empty part, where names are paths; or it is no key of a `flattened`
 *   field
 * - `long_number`: a number has more digits than its parser takes
 */
export type BodyConflict = 'mapping_conflict' | 'duplicate_field' | 'field_name' | 'long_number';

/** What a refused form says, without a word of what the client wrote. */
export const conflictMessages: Readonly<Record<BodyConflict, string>> = {
  mapping_conflict: 'a body has another shape than the fields that are mapped of it',
  duplicate_field: 'a body has an object with two members of one name',
  field_name: 'a body has a member whose name cannot be the name of a field',
  long_number: 'a body has a number with more than 1000 digits',
};

/** Jackson's default (StreamReadConstraints): sign, point and exponent sign do not count. */
const digitsMax = 1000;

/**
 * Members of one object that are compared. A client could have millions of them remembered at once; what of theirs is twice, only
 * Elasticsearch says.
 */
const membersMax = 10_000;

/** Below so many a list is searched faster than a set is made. */
const listedMax = 8;

/** Default `depth_limit` of a `flattened` field: objects in one another, itself included. */
const levelsMax = 20;

/**
 * Of all names on the way to a value in a `flattened` field, which is indexed as one term with them: Lucene takes 32,766 bytes, and
 * the value may have textUnitsMax of up to three bytes each. No label and no key of `extra` that Kubernetes takes comes near it.
 */
const keyBytesMax = 32_766 - 3 * textUnitsMax - 1;

const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;
const openObject = 0x7b;
const openArray = 0x5b;
const closeObject = 0x7d;
const closeArray = 0x5d;
const comma = 0x2c;
const letterN = 0x6e;

/** Java's Character.isWhitespace: without the no-break spaces, which JavaScript's \s has, and with four controls. */
// oxlint-disable-next-line no-control-regex
const blank = /^[\t-\r\u001C-\u0020\u1680\u2000-\u2006\u2008-\u200A\u2028\u2029\u205F\u3000]*$/u;

/** Of a value in a `flattened` field: how many objects it lies in, and how long the names are that lead to it. */
interface Inside {
  readonly kind: 'inside';
  readonly levels: number;
  readonly keyBytes: number;
}

type Shape = BodyShape | Inside | undefined;

/** An object or array that is open at this point of the text. */
interface Open {
  isArray: boolean;
  /** Of an object itself, of an array that of its items. */
  shape: Shape;
  names: string[];
  more: Set<string> | undefined;
}

/**
 * Why Elasticsearch would refuse an event for one of its bodies; undefined if it takes it, as far as can be known without asking.
 *
 * @param name `requestObject` or `responseObject`
 * @param text JSON
 */
export function bodyConflict(name: string, text: Buffer): BodyConflict | undefined {
  const shape = bodyShapes.get(name);
  return isPlainBody(shape, text) ? undefined : conflictOf(shape, text);
}

/**
 * The same of the `extra` of a user, which whoever may impersonate chooses, and who authenticates him.
 *
 * @param extra as it was parsed
 */
export function extraConflict(extra: unknown): BodyConflict | undefined {
  return extra === undefined ? undefined : conflictOf(flattened, Buffer.from(JSON.stringify(extra)));
}

/** One pass over the text, which is iterative and holds no more than the names of the open objects. */
export function conflictOf(shape: BodyShape | undefined, text: Buffer): BodyConflict | undefined {
  const open: Open[] = [];
  // The shape of the value that comes next.
  let next: Shape = shape;
  let isNameNext = false;
  for (let at = 0; at < text.length;) {
    const byte = text[at] as number;
    const into = open.at(-1);
    if (byte === quote) {
      const end = stringEnd(text, at);
      if (isNameNext) {
        const key = nameOf(text, at, end);
        if (isTaken(into!, key)) return 'duplicate_field';
        const member = memberOf(into!.shape, key);
        if (typeof member === 'string') return member;
        next = member;
        isNameNext = false;
      } else if (isContainer(next)) return 'mapping_conflict';
      at = end;
    } else if (byte === openObject) {
      if (next?.kind === 'leaf' || (next?.kind === 'inside' && next.levels === levelsMax))
        return 'mapping_conflict';
      open.push({ isArray: false, shape: next, names: [], more: undefined });
      isNameNext = true;
      at++;
    } else if (byte === openArray) {
      open.push({ isArray: true, shape: next, names: [], more: undefined });
      at++;
    } else if (byte === closeObject || byte === closeArray) {
      open.pop();
      isNameNext = false;
      at++;
    } else if (byte === comma) {
      if (into!.isArray) next = into!.shape;
      else isNameNext = true;
      at++;
    } else if (isScalarStart(byte)) {
      if (byte !== letterN && isContainer(next)) return 'mapping_conflict';
      const [end, digits] = scalarEnd(text, at);
      if (digits > digitsMax) return 'long_number';
      at = end;
    } else at++;
  }
  return undefined;
}

function isContainer(shape: Shape): boolean {
  return shape !== undefined && shape.kind !== 'leaf' && shape.kind !== 'inside';
}

/** A digit, a sign, or the first letter of `true`, `false` or `null`; else white space or a colon. */
function isScalarStart(byte: number): boolean {
  return byte === minus || (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a);
}

function scalarEnd(text: Buffer, from: number): [end: number, digits: number] {
  let [at, digits] = [from, 0];
  for (; at < text.length; at++) {
    const byte = text[at] as number;
    if (byte === comma || byte === closeObject || byte === closeArray || byte <= 0x20) break;
    if (byte >= 0x30 && byte <= 0x39) digits++;
  }
  return [at, digits];
}

/** The offset after the string that begins at `from`. */
function stringEnd(text: Buffer, from: number): number {
  for (let at = from + 1; ; at++) {
    const byte = text[at];
    if (byte === backslash) at++;
    else if (byte === quote || byte === undefined) return at + 1;
  }
}

function nameOf(text: Buffer, from: number, end: number): string {
  const raw = text.toString('utf8', from + 1, end - 1);
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}

function isTaken(into: Open, name: string): boolean {
  if (into.more) {
    if (into.more.has(name)) return true;
    if (into.more.size < membersMax) into.more.add(name);
    return false;
  }
  if (into.names.includes(name)) return true;
  into.names.push(name);
  if (into.names.length > listedMax) into.more = new Set(into.names);
  return false;
}

/** The shape of an object's member, or why its name cannot be one there. */
function memberOf(shape: Shape, name: string): Shape | BodyConflict {
  if (shape === undefined || shape.kind === 'leaf') return undefined;
  if (shape.kind === 'flattened' || shape.kind === 'inside') return keyOf(shape, name);
  if (shape.kind === 'flat') return blank.test(name) ? 'field_name' : shape.members.get(name);
  if (!name.includes('.')) return blank.test(name) ? 'field_name' : shape.members.get(name);
  const parts = partsOf(name);
  if (parts.some((part) => blank.test(part))) return 'field_name';
  let at: BodyShape | undefined = shape;
  for (const [i, part] of parts.entries()) {
    if (at === undefined) return undefined;
    // The rest of the path is one name there.
    if (at.kind === 'flat') return at.members.get(parts.slice(i).join('.'));
    if (at.kind !== 'object') return 'mapping_conflict';
    at = at.members.get(part);
  }
  return at;
}

function keyOf(
  within: Extract<Shape, { kind: 'flattened' | 'inside' }>,
  name: string,
): Inside | BodyConflict {
  const before = within.kind === 'inside' ? within : undefined;
  const keyBytes = (before ? before.keyBytes + 1 : 0) + Buffer.byteLength(name);
  if (keyBytes > keyBytesMax || name.includes('\0')) return 'field_name';
  return { kind: 'inside', levels: (before?.levels ?? 0) + 1, keyBytes };
}

/** As Java's String.split: empty parts at the end do not count. One of nothing but dots is one empty part. */
function partsOf(name: string): string[] {
  let end = name.length;
  while (end > 0 && name[end - 1] === '.') end--;
  return name.slice(0, end).split('.');
}
