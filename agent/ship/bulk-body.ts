import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import type { Member } from '../store/index.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** What creates one document: an action line and a document line of a bulk body, newlines included. */
export interface Creation {
  /** The leaf index of the event in its log. */
  index: number;
  bytes: Buffer;
}

/** What one bulk request carries: the creations of some events, in order of their indexes. */
export interface BulkBody {
  indexes: number[];
  /** Length without compression. */
  bytes: number;
  /** Gzip members as they were stored. Elasticsearch takes several after each other as one body. */
  members: Member[];
}

/** Puts whole members together, up to `bytesMax` uncompressed bytes a body. A member larger than that is a body alone. */
export function bulkBodiesOf(members: readonly Member[], bytesMax: number): BulkBody[] {
  const bodies: BulkBody[] = [];
  for (const member of members) {
    const last = bodies.at(-1);
    const indexes = Array.from({ length: member.count }, (_, i) => member.first + i);
    if (last && last.bytes + member.bytes <= bytesMax) {
      last.members.push(member);
      last.indexes.push(...indexes);
      last.bytes += member.bytes;
    } else {
      bodies.push({ indexes, bytes: member.bytes, members: [member] });
    }
  }
  return bodies;
}

/** The bytes to send, gzip-compressed. */
export function gzipBytesOf({ members }: BulkBody): Buffer {
  return Buffer.concat(members.map(({ body }) => body));
}

/** A document holds no raw newline, so that each creation is two lines: JSON escapes it in strings, and we write none between. */
export async function creationsOf({ members, indexes }: BulkBody): Promise<Creation[]> {
  const creations: Creation[] = [];
  for (const member of members) {
    const text = await decompress(member.body);
    for (let at = 0; at < text.length;) {
      const end = text.indexOf(0x0a, text.indexOf(0x0a, at) + 1) + 1;
      creations.push({ index: indexes[creations.length]!, bytes: text.subarray(at, end) });
      at = end;
    }
  }
  return creations;
}

/** A body of some creations, compressed anew. */
export async function bulkBodyOf(creations: readonly Creation[]): Promise<BulkBody> {
  const text = Buffer.concat(creations.map(({ bytes }) => bytes));
  const body = await compress(text, { level: constants.Z_BEST_SPEED });
  const first = creations[0]?.index ?? 0;
  return {
    indexes: creations.map(({ index }) => index),
    bytes: text.length,
    members: [{ first, count: creations.length, bytes: text.length, body }],
  };
}

/** What is left of a body without the events of some indexes. */
export async function without(body: BulkBody, indexes: { has(index: number): boolean }): Promise<BulkBody> {
  return await bulkBodyOf((await creationsOf(body)).filter(({ index }) => !indexes.has(index)));
}

/** Two bodies for one that is too large, cut between members where it has several; undefined if it is one document. */
export async function halvesOf(body: BulkBody): Promise<[BulkBody, BulkBody] | undefined> {
  const { members, indexes } = body;
  if (members.length > 1) {
    const middle = Math.ceil(members.length / 2);
    const count = members.slice(0, middle).reduce((sum, member) => sum + member.count, 0);
    return [
      partOf(members.slice(0, middle), indexes.slice(0, count)),
      partOf(members.slice(middle), indexes.slice(count)),
    ];
  }
  if (indexes.length < 2) return undefined;
  const creations = await creationsOf(body);
  const middle = Math.ceil(creations.length / 2);
  return [await bulkBodyOf(creations.slice(0, middle)), await bulkBodyOf(creations.slice(middle))];
}

function partOf(members: Member[], indexes: number[]): BulkBody {
  return { members, indexes, bytes: members.reduce((sum, member) => sum + member.bytes, 0) };
}
