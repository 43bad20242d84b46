import { jsonString } from './json.ts';
import { SealError } from './error.ts';
import { sha256 } from './hash.ts';
import { logIdOf, noteDocumentId } from './ids.ts';
import type { NoteDocument } from './notices.ts';

/** DER tags (X.690). */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  sequence: 0x30,
  time: 0x18,
  explicit: 0xa0,
} as const;

/** AlgorithmIdentifier of SHA-256 (RFC 5754). */
const sha256Algorithm = Buffer.from('300d06096086480165030402010500', 'hex');
/** The contents of id-ct-TSTInfo (RFC 3161 §2.4.2). */
const tstInfoOid = Buffer.from('060b2a864886f70d0109100104', 'hex');

/** What a TSA is asked for: a TimeStampReq of RFC 3161 §2.4.1, in DER, with the TSA's certificate in the reply. */
export function timeStampQuery(note: string, nonce: Buffer): Buffer {
  const imprint = der(tags.sequence, sha256Algorithm, der(tags.octets, sha256(note)));
  // Positive, whatever its first bit is.
  const number = der(tags.integer, Buffer.of(0x01), nonce);
  return der(
    tags.sequence,
    der(tags.integer, Buffer.of(1)),
    imprint,
    number,
    der(tags.boolean, Buffer.of(0xff)),
  );
}

/** What a reply says of itself. Its signature is for openssl to verify, with a certificate that the auditor trusts. */
export interface TimeStamp {
  /** `genTime`. */
  at: Date;
  /** Hex. */
  serial: string;
}

/**
 * Reads a TimeStampResp of RFC 3161 §2.4.2: whether it is granted, of this note and, where one is given, with this nonce. Throws
 * SealError `bad-time-stamp`.
 */
export function parseTimeStamp(reply: Buffer, note: string, nonce?: Buffer): TimeStamp {
  const [status, token] = childrenOf(only(reply, tags.sequence));
  const [granted] = childrenOf(bodyOf(status, tags.sequence));
  const code = bodyOf(granted, tags.integer);
  if (code.length !== 1 || code[0]! > 1) throw bad(`its status is ${code.toString('hex')}, not granted`);
  if (!token) throw bad('it has no token');
  const at = reply.indexOf(tstInfoOid);
  if (at < 0) throw bad('it has no TSTInfo');
  const [content] = childrenOf(reply.subarray(at + tstInfoOid.length), 1);
  const [octets] = childrenOf(bodyOf(content, tags.explicit));
  const members = childrenOf(only(bodyOf(octets, tags.octets), tags.sequence));
  const [, , imprint, serial, time, ...rest] = members;
  const [, hashed] = childrenOf(bodyOf(imprint, tags.sequence));
  if (!bodyOf(hashed, tags.octets).equals(sha256(note))) throw bad('it is of something else');
  if (
    nonce &&
    !rest.some(
      ({ tag, body }) => tag === tags.integer && body.equals(Buffer.concat([Buffer.of(0x01), nonce])),
    )
  )
    throw bad('it has not the nonce that it was asked with');
  return { at: timeOf(bodyOf(time, tags.time)), serial: bodyOf(serial, tags.integer).toString('hex') };
}

/** The document of a time-stamp (docs/seal-format.md §7). `vkey` is the log's. */
export function timeStampDocument(
  {
    note,
    reply,
    origin,
    size,
    vkey,
  }: { note: string; reply: Buffer; origin: string; size: number; vkey: string },
  namespace: string,
  at: Date,
): NoteDocument {
  const id = noteDocumentId(logIdOf(vkey), `t${size}`, reply);
  const source =
    `{"@timestamp":"${at.toISOString()}","data_stream":{"type":"logs","dataset":"auditseal.batch","namespace":${jsonString(namespace)}},` +
    `"auditseal":{"v":1,"origin":${jsonString(origin)},"note":${jsonString(note)},"vkey":${jsonString(vkey)},"time_stamp":"${reply.toString('base64')}"}}`;
  return { id, source: Buffer.from(source) };
}

interface Value {
  tag: number;
  body: Buffer;
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  // What is written here is shorter than 128 bytes.
  return Buffer.concat([Buffer.of(tag, body.length), body]);
}

/** The values that follow one another; the first `max` of them. */
function childrenOf(bytes: Buffer, max = Infinity): Value[] {
  const values: Value[] = [];
  for (let at = 0; at < bytes.length && values.length < max;) {
    const tag = bytes[at]!;
    const first = bytes[at + 1] ?? 0;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    if (lengthBytes > 4) throw bad('a length in it is too long');
    const length =
      lengthBytes === 0
        ? first
        : bytes.subarray(at + 2, at + 2 + lengthBytes).reduce((sum, byte) => sum * 256 + byte, 0);
    const start = at + 2 + lengthBytes;
    if (first === 0x80 || start + length > bytes.length) throw bad('it is not DER');
    values.push({ tag, body: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return values;
}

function only(bytes: Buffer, tag: number): Buffer {
  const [value, more] = childrenOf(bytes);
  if (more) throw bad('something follows it');
  return bodyOf(value, tag);
}

function bodyOf(value: Value | undefined, tag: number): Buffer {
  if (value?.tag !== tag) throw bad('it is no TimeStampResp');
  return value.body;
}

/** GeneralizedTime, as RFC 3161 §2.4.2 restricts it. */
function timeOf(bytes: Buffer): Date {
  const [, year, month, day, hour, minute, second, fraction = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/u.exec(bytes.toString('latin1')) ?? [];
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`);
  if (Number.isNaN(at.getTime())) throw bad('its time is none');
  return at;
}

function bad(why: string): SealError {
  return new SealError('bad-time-stamp', `this is no time-stamp: ${why}`);
}
