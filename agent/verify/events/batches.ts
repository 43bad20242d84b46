import { createHash } from 'node:crypto';
import { parseDocument } from '../parse-document.ts';
import { parseBase64 } from '../../seal/index.ts';
import type { Manifest } from '../../seal/index.ts';
import { VerifyError } from '../error.ts';
import type { LogKey } from '../records/keys.ts';
import { digestInto } from '../records/records.ts';
import type { RecordReading } from '../records/records.ts';
import type { Documents, StoredDocument } from '../streams.ts';

/** A counted batch, read again for its leaf hashes. */
export interface Batch {
  origin: string;
  /** Position of its log in reading order. */
  order: number;
  key: LogKey;
  batch: number;
  first: number;
  count: number;
  /** The first index that it covers: after `first` only where batches of a broken chain overlap. */
  from: number;
  /** Milliseconds since 1970. */
  sealedAt: number;
  retentionDays: number;
  leaves: Buffer;
  size: number;
  /** The checkpoint, whose third line is the root. */
  checkpoint: string;
}

/**
 * Reads the records again and yields the counted ones of `origins`, one at a time: the leaf hashes of one batch are all that is
 * ever held. All records are read, whichever are asked for. Throws VerifyError `records-moved` if the whole is not, byte for byte, what was judged.
 */
export async function* readBatches(
  records: Documents,
  reading: RecordReading,
  origins: ReadonlySet<string> = new Set(reading.logs.keys()),
): AsyncGenerator<Batch> {
  const digest = createHash('sha256');
  const isCounted = reading.counted.reader();
  const isReprinted = reading.reprinted.reader();
  const covered = new Map<string, number>();
  let ordinal = -1;
  for await (const some of records)
    for (const document of some) {
      ordinal += 1;
      digestInto(digest, document);
      if (!isCounted(ordinal)) continue;
      const batch = batchOf(document, reading, isReprinted(ordinal));
      const before = covered.get(batch.origin) ?? 0;
      batch.from = Math.max(before, batch.first);
      covered.set(batch.origin, Math.max(before, batch.size));
      if (origins.has(batch.origin)) yield batch;
    }
  if (digest.digest('hex') !== reading.digest()) throw recordsMoved();
}

interface Members {
  size: number;
  manifest: string;
  checkpoint: string;
  vkey: string;
}

const leafMember = ',"leaf_hashes":"';
const recordEnd = Buffer.from('}}');

/**
 * The members of a record that is known to be its rebuilt form. The leaf hashes are cut out by their place: as one JSON text
 * a record of 10,000 events makes three megabytes of garbage.
 */
function membersOf(source: Buffer): { members: Members | undefined; leaves: Buffer | undefined } {
  const at = source.lastIndexOf(leafMember);
  const from = at + leafMember.length;
  const leaves = parseBase64(source.toString('latin1', from, source.indexOf('"', from)));
  const head = Buffer.concat([source.subarray(0, Math.max(0, at)), recordEnd]);
  return { members: (parseDocument(head) as { auditseal?: Members } | undefined)?.auditseal, leaves };
}

/** The same of a record that was printed anew, whose members may be anywhere. */
function membersAnywhere(source: Buffer): ReturnType<typeof membersOf> {
  const members = (parseDocument(source) as { auditseal?: Members & { leaf_hashes?: unknown } } | undefined)
    ?.auditseal;
  return { members, leaves: parseBase64(members?.leaf_hashes) };
}

function batchOf({ source }: StoredDocument, reading: RecordReading, isReprinted: boolean): Batch {
  const { members, leaves } = isReprinted ? membersAnywhere(source) : membersOf(source);
  const manifest = parseDocument(Buffer.from(members?.manifest ?? '')) as Manifest | undefined;
  const log = manifest && reading.logs.get(manifest.origin);
  const key = manifest && reading.keys.get(manifest.origin, members?.vkey);
  if (!members || !log || !key || !leaves) throw recordsMoved();
  const { origin, batch, first, count, sealedAt, retentionDays } = manifest;
  const { size, checkpoint } = members;
  return {
    origin,
    order: log.order,
    key,
    batch,
    first,
    count,
    from: first,
    sealedAt: Date.parse(sealedAt),
    retentionDays,
    leaves,
    size,
    checkpoint,
  };
}

function recordsMoved(): VerifyError {
  return new VerifyError(
    'records-moved',
    'the record stream gave other documents when it was read again; run the verification once more',
  );
}
