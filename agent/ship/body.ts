import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import type { Member } from '../store/index.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** One action line and one document line of a bulk body, newlines included, and the entry's index. */
export interface Line {
  index: number;
  bytes: Buffer;
}

/** What one bulk request carries: indexes in order, and the body that creates them. */
export interface Parcel {
  indexes: number[];
  /** Uncompressed. */
  bytes: number;
  /** Gzip members, concatenated as they were stored (Elasticsearch takes them so). */
  members: Member[];
}

/** Whole members up to `bytesMax` uncompressed bytes a parcel; a larger member is a parcel alone. */
export function parcelsOf(members: readonly Member[], bytesMax: number): Parcel[] {
  const parcels: Parcel[] = [];
  for (const member of members) {
    const last = parcels.at(-1);
    const indexes = Array.from({ length: member.count }, (_, i) => member.first + i);
    if (last && last.bytes + member.bytes <= bytesMax) {
      last.members.push(member);
      last.indexes.push(...indexes);
      last.bytes += member.bytes;
    } else {
      parcels.push({ indexes, bytes: member.bytes, members: [member] });
    }
  }
  return parcels;
}

export function bodyOf(parcel: Parcel): Buffer {
  return Buffer.concat(parcel.members.map(({ body }) => body));
}

/** The lines of a parcel. A document holds no raw newline: JSON escapes it in strings, and we write none between. */
export async function linesOf(parcel: Parcel): Promise<Line[]> {
  const lines: Line[] = [];
  for (const member of parcel.members) {
    const text = await decompress(member.body);
    for (let at = 0; at < text.length;) {
      const end = text.indexOf(0x0a, text.indexOf(0x0a, at) + 1) + 1;
      lines.push({ index: parcel.indexes[lines.length]!, bytes: text.subarray(at, end) });
      at = end;
    }
  }
  return lines;
}

/** A parcel of some lines, compressed anew. */
export async function parcelOf(lines: readonly Line[]): Promise<Parcel> {
  const text = Buffer.concat(lines.map(({ bytes }) => bytes));
  const body = await compress(text, { level: constants.Z_BEST_SPEED });
  const first = lines[0]?.index ?? 0;
  return {
    indexes: lines.map(({ index }) => index),
    bytes: text.length,
    members: [{ first, count: lines.length, bytes: text.length, body }],
  };
}

/** What is left of a parcel without the documents of some indexes. */
export async function without(parcel: Parcel, indexes: { has(index: number): boolean }): Promise<Parcel> {
  return await parcelOf((await linesOf(parcel)).filter(({ index }) => !indexes.has(index)));
}

/** Two parcels for one that is too large, by members where it has several; undefined if it is one document. */
export async function halves(parcel: Parcel): Promise<[Parcel, Parcel] | undefined> {
  if (parcel.members.length > 1) {
    const middle = Math.ceil(parcel.members.length / 2);
    const count = parcel.members.slice(0, middle).reduce((sum, member) => sum + member.count, 0);
    return [
      partOf(parcel.members.slice(0, middle), parcel.indexes.slice(0, count)),
      partOf(parcel.members.slice(middle), parcel.indexes.slice(count)),
    ];
  }
  if (parcel.indexes.length < 2) return undefined;
  const lines = await linesOf(parcel);
  const middle = Math.ceil(lines.length / 2);
  return [await parcelOf(lines.slice(0, middle)), await parcelOf(lines.slice(middle))];
}

function partOf(members: Member[], indexes: number[]): Parcel {
  return { members, indexes, bytes: members.reduce((sum, member) => sum + member.bytes, 0) };
}
