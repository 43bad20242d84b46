import type { BodyShape } from './body-shape.ts';

const quote = 0x22;
const backslash = 0x5c;
const point = 0x2e;
const openObject = 0x7b;
const openArray = 0x5b;
const closeObject = 0x7d;
const closeArray = 0x5d;
const comma = 0x2c;
const colon = 0x3a;
const space = 0x20;
const letterN = 0x6e;

/** Bounds of what is held; a text beyond them is not plain. */
const depthMax = 64;
const namesMax = 1024;
/** Names of one object, each of which is compared with those before it. */
const objectNamesMax = 48;
/** Of a name in a `flattened` field: far below what its index takes. */
const keyBytesMax = 1024;
/** A number of no more bytes is no long one. */
const numberBytesMax = 512;

/** The byte that a letter stands for behind a backslash; 0 for `u`. */
const escaped = new Uint8Array(256);
for (const [letter, byte] of Object.entries({
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}))
  escaped[letter.charCodeAt(0)] = byte.charCodeAt(0);

// Used again for each text: nothing is allocated for most.
const arrays = new Uint8Array(depthMax);
const shapes: (BodyShape | undefined)[] = Array.from({ length: depthMax });
const firstNames = new Uint16Array(depthMax);
const hashes = new Int32Array(namesMax);
const leaf: BodyShape = { kind: 'leaf' };
let nameHash = 0;

/**
 * Whether a body surely has nothing in it for which Elasticsearch would refuse it: a filter for {@link bodyConflict}, several times as
 * fast, which decodes no name but where the mapping has some. Names are told apart by a hash, so that two alike may be of
 * different names, and never the other way round; whatever is unusual is not plain.
 *
 * @param text JSON
 */
export function isPlainBody(shape: BodyShape | undefined, text: Buffer): boolean {
  let next = shape;
  let depth = 0;
  let names = 0;
  let isNameNext = false;
  for (let at = 0; at < text.length;) {
    const byte = text[at] as number;
    if (byte === quote) {
      const end = isNameNext ? nameEnd(text, at) : stringEnd(text, at);
      if (end < 0) return false;
      if (isNameNext) {
        const first = firstNames[depth - 1] as number;
        if (names - first === objectNamesMax || names === namesMax) return false;
        for (let i = first; i < names; i++) if (hashes[i] === nameHash) return false;
        hashes[names++] = nameHash;
        const within = shapes[depth - 1];
        if (within === undefined) next = undefined;
        else if (within.kind === 'flattened') {
          if (!isUsualKey(text, at + 1, end - 1)) return false;
          // A value: objects in a flattened one are looked at closely.
          next = leaf;
        } else {
          if (!isUsualName(text, at + 1, end - 1)) return false;
          next =
            within.kind === 'leaf' ? undefined : within.members.get(text.toString('latin1', at + 1, end - 1));
        }
        isNameNext = false;
      } else if (isContainer(next)) return false;
      at = end;
    } else if (byte === openObject || byte === openArray) {
      if (depth === depthMax || (byte === openObject && next?.kind === 'leaf')) return false;
      isNameNext = byte === openObject;
      arrays[depth] = isNameNext ? 0 : 1;
      shapes[depth] = next;
      firstNames[depth] = names;
      depth++;
      at++;
    } else if (byte === closeObject || byte === closeArray) {
      depth--;
      names = firstNames[depth] as number;
      isNameNext = false;
      at++;
    } else if (byte === comma) {
      if (arrays[depth - 1] === 1) next = shapes[depth - 1];
      else isNameNext = true;
      at++;
    } else if (byte === colon || byte <= space) at++;
    else {
      const from = at++;
      while (at < text.length && isWithinScalar(text[at] as number)) at++;
      if (at - from > numberBytesMax || (byte !== letterN && isContainer(next))) return false;
    }
  }
  return true;
}

function isContainer(shape: BodyShape | undefined): boolean {
  return shape !== undefined && shape.kind !== 'leaf';
}

function isWithinScalar(byte: number): boolean {
  return byte > space && byte !== comma && byte !== closeObject && byte !== closeArray;
}

/**
 * The offset after a name, the hash of whose decoded bytes is then in `nameHash`; -1 where an escape gives a code. The apiserver writes
 * quotes into names of managed fields.
 */
function nameEnd(text: Buffer, from: number): number {
  let hash = 0;
  for (let at = from + 1; at < text.length; at++) {
    let byte = text[at] as number;
    if (byte === quote) {
      nameHash = hash;
      return at + 1;
    }
    if (byte === backslash) {
      byte = escaped[text[++at] as number] as number;
      if (byte === 0) return -1;
    }
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return -1;
}

function stringEnd(text: Buffer, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const byte = text[at] as number;
    if (byte === backslash) at++;
    else if (byte === quote) return at + 1;
  }
  return -1;
}

/** Without escapes, by which alone U+0000 can be written. */
function isUsualKey(text: Buffer, from: number, to: number): boolean {
  return to - from <= keyBytesMax && text.subarray(from, to).indexOf(backslash) < 0;
}

/** Of ASCII without dots, and not blank: beginning with something visible. */
function isUsualName(text: Buffer, from: number, to: number): boolean {
  if (from === to || (text[from] as number) <= space) return false;
  for (let at = from; at < to; at++) {
    const byte = text[at] as number;
    if (byte === point || byte === backslash || byte > 0x7e) return false;
  }
  return true;
}
