import { createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { parseCheckpoint } from './checkpoint.ts';
import { SealError } from './error.ts';
import { sha256 } from './hash.ts';
import { logIdOf, noteDocumentId } from './ids.ts';
import { parseBase64 } from './json.ts';
import { splitNote } from './note.ts';
import { signedNoteDocument } from './notices.ts';
import type { NoteDocument } from './notices.ts';

/** Kinds of C2SP tlog-cosignature (v1.1.0-rc.1): the type byte, the bytes of a key and of a signature, and the DER before a key. */
export const cosignatureKinds = {
  ed25519: {
    type: 0x04,
    keyBytes: 32,
    signatureBytes: 64,
    // A SubjectPublicKeyInfo up to the key (RFC 8410 §4).
    prefix: Buffer.from('302a300506032b6570032100', 'hex'),
  },
  'ml-dsa-44': {
    type: 0x06,
    keyBytes: 1312,
    signatureBytes: 2420,
    // The same with id-ml-dsa-44 (RFC 9881).
    prefix: Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
  },
} as const;

export type CosignatureKind = keyof typeof cosignatureKinds;

/** A witness's key, from its vkey. */
export interface WitnessKey {
  name: string;
  /** 4 bytes. */
  keyId: Buffer;
  kind: CosignatureKind;
  publicKey: KeyObject;
  text: string;
}

/** Parses a witness's vkey. Throws SealError `bad-vkey`. */
export function parseWitnessKey(text: string): WitnessKey {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(text) ?? [];
  const typed = parseBase64(encoded);
  const kind = kinds.find((each) => typed?.[0] === cosignatureKinds[each].type);
  if (name === undefined || !typed || !kind || typed.length !== 1 + cosignatureKinds[kind].keyBytes)
    throw badKey(text);
  const keyId = sha256(Buffer.concat([Buffer.from(`${name}\n`), typed])).subarray(0, 4);
  if (keyId.toString('hex') !== id) throw badKey(text);
  const key = Buffer.concat([cosignatureKinds[kind].prefix, typed.subarray(1)]);
  return { name, keyId, kind, publicKey: createPublicKey({ key, format: 'der', type: 'spki' }), text };
}

const kinds = Object.keys(cosignatureKinds) as CosignatureKind[];

function badKey(text: string): SealError {
  if (text.includes('PRIVATE+KEY'))
    return new SealError('bad-vkey', 'this is a private key, not a vkey; it is not shown here');
  return new SealError(
    'bad-vkey',
    `${JSON.stringify(text.slice(0, 200))} is no vkey of a witness (Ed25519, type 0x04, or ML-DSA-44, type 0x06)`,
  );
}

/**
 * When a witness cosigned a checkpoint, by its own word, in seconds since 1970; undefined where the line is not a valid cosignature
 * under this key: another witness's, or a kind that is not known. `text` is the checkpoint's, `line` a signature line with its end.
 */
export function cosignatureTime(text: string, line: string, key: WitnessKey): number | undefined {
  const [, name, encoded] = /^\u2014 (\S+) (\S+)\n$/u.exec(line) ?? [];
  const bytes = parseBase64(encoded);
  const { signatureBytes } = cosignatureKinds[key.kind];
  if (name !== key.name || bytes?.length !== 4 + 8 + signatureBytes) return undefined;
  if (!bytes.subarray(0, 4).equals(key.keyId)) return undefined;
  const time = Number(bytes.readBigUInt64BE(4));
  if (!Number.isSafeInteger(time) || time === 0) return undefined;
  const message = key.kind === 'ed25519' ? lineMessage(text, time) : structMessage(text, time, key.name);
  return verify(null, message, key.publicKey, bytes.subarray(12)) ? time : undefined;
}

function lineMessage(text: string, time: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
}

/** `cosigned_message` of tlog-cosignature, over the whole tree. */
function structMessage(text: string, time: number, name: string): Buffer {
  const { origin, size, root } = parseCheckpoint(text);
  return Buffer.concat([
    Buffer.from('subtree/v1\n\0'),
    short(name),
    u64(time),
    short(origin),
    u64(0),
    u64(size),
    root,
  ]);
}

function short(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** What of a note's signature lines is valid under a witness's key, the lines with their times. */
export function cosignaturesBy(note: string, key: WitnessKey): { line: string; time: number }[] {
  const { text, lines } = splitNote(note);
  return lines.flatMap((line) => {
    const time = cosignatureTime(text, line, key);
    return time === undefined ? [] : [{ line, time }];
  });
}

/**
 * The document of a cosignature (docs/seal-format.md §7): a note document of the checkpoint's text with the witness's signature line
 * alone. `vkey` is the log's.
 */
export function cosignatureDocument(
  { text, line, vkey }: { text: string; line: string; vkey: string },
  witness: WitnessKey,
  namespace: string,
  at: Date,
): NoteDocument {
  const note = `${text}\n${line}`;
  const { origin, size } = parseCheckpoint(text);
  const id = noteDocumentId(logIdOf(vkey), `w${size}-${witness.keyId.toString('hex')}`, note);
  return { id, source: signedNoteDocument(note, { name: origin, text: witness.text }, namespace, at) };
}
