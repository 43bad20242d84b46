import { WantedMembers } from '../../json/index.ts';
import type { WantedMember } from '../../json/index.ts';
import { isOrigin } from '../../seal/index.ts';

/** `of a later version`: with a letter that this version has no meaning for, which is no finding. */
export type RecordKind =
  'record' | 'marker' | 'refusal' | 'cosignature' | 'time-stamp' | 'statement' | 'of a later version';

const kindsByLetter: Record<string, RecordKind> = {
  b: 'record',
  s: 'marker',
  r: 'refusal',
  w: 'cosignature',
  t: 'time-stamp',
  o: 'statement',
};

/** What a document in the record stream is, going by its `_id` (docs/seal-format.md §8.1). */
export function kindOfRecord(id: string): RecordKind {
  const letter = /^[0-9a-f]{16}-([a-z])/u.exec(id)?.[1];
  return letter === undefined ? 'record' : (kindsByLetter[letter] ?? 'of a later version');
}

export interface RecordClaim {
  origin: string;
  batch?: number;
}

/** The (log, batch) that a record's bytes claim. */
export function recordClaim(value: unknown): RecordClaim | undefined {
  const { origin, batch } = member(value, 'auditseal');
  if (!isOrigin(origin)) return undefined;
  return isIndex(batch) ? { origin, batch } : { origin };
}

const recordIdForm = /^([0-9a-f]{16})-b(\d{8})-/u;

/** The log id and batch in a record's `_id`. */
export function recordIdClaim(id: string): { logId: string; batch: number } | undefined {
  const match = recordIdForm.exec(id);
  return match ? { logId: match[1]!, batch: Number(match[2]) } : undefined;
}

export const logIdDigits = 16;
const indexDigits = 12;

/** The log id and leaf index in an event's `_id`, `<log id>-<12 digits>-…`; by hand, since it is done for every event. */
export function eventIdClaim(id: string): { logId: string; index: number } | undefined {
  if (id[logIdDigits] !== '-' || id[logIdDigits + 1 + indexDigits] !== '-') return undefined;
  let index = 0;
  for (let at = logIdDigits + 1; at <= logIdDigits + indexDigits; at += 1) {
    const digit = id.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    index = index * 10 + digit;
  }
  return { logId: id.slice(0, logIdDigits), index };
}

/** What an event document's bytes say of its place; each undefined where they do not. */
export interface EventPlace {
  origin: string | undefined;
  index: number | undefined;
  batch: number | undefined;
}

const document = new WantedMembers();
const [sealMember, eventMember] = [document.member('auditseal'), document.member('event')];
const seal = new WantedMembers();
const [originMember, batchMember] = [seal.member('origin'), seal.member('batch')];
const event = new WantedMembers();
const sequenceMember = event.member('sequence');

/** An origin, or a number, is shorter in whatever spelling; what is longer is none, and is not parsed. */
const valueBytesMax = 16 * 1024;

/** Scanned, not parsed: an honest event may have any size, and a client chooses what its bodies would take when parsed. */
export function eventPlace(source: Buffer): EventPlace {
  if (!document.read(source)) return { origin: undefined, index: undefined, batch: undefined };
  const isSealed = seal.read(sealMember.bytes ?? nothing);
  const [origin, batch] = isSealed ? [valueOf(originMember), valueOf(batchMember)] : [];
  const sequence = event.read(eventMember.bytes ?? nothing) ? valueOf(sequenceMember) : undefined;
  return {
    origin: isOrigin(origin) ? origin : undefined,
    index: isIndex(sequence) ? sequence : undefined,
    batch: isIndex(batch) ? batch : undefined,
  };
}

const nothing = Buffer.alloc(0);

function valueOf(found: WantedMember): unknown {
  return (found.bytes?.length ?? 0) > valueBytesMax ? undefined : found.value;
}

function member(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  const found = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {};
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
