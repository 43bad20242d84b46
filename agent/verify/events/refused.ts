import { gunzipSync } from 'node:zlib';
import { WantedMembers } from '../../json/index.ts';
import { formOf, leafHash, parseBase64, refusedForms, sha256 } from '../../seal/index.ts';
import type { RefusedForm } from '../../seal/index.ts';
import type { Refusals } from '../records/refusals.ts';

const mark = ',"auditseal.refused":"';

/** The format's limit of an entry: a verifier unpacks what others wrote. */
const entryBytesMax = 128 * 1024 * 1024;

const members = new WantedMembers();
const packedMember = members.member('auditseal.refused', { isUnique: true });
const errorMember = members.member('error', { isUnique: true });
const error = new WantedMembers();
const messageMember = error.member('message', { isUnique: true });

/**
 * The two values of a refused form that the entry does not give. Scanned, not parsed: a client chooses what else is in it, and how
 * much there is of it.
 */
function valuesOf(source: Buffer): { packed: unknown; message: unknown } | undefined {
  if (!members.read(source)) return undefined;
  const message = errorMember.bytes && error.read(errorMember.bytes) ? messageMember.value : undefined;
  return { packed: packedMember.value, message };
}

/**
 * The leaf hash of the entry inside a proper refused form (docs/seal-format.md §4), or undefined. The signed note is
 * demanded first, so that nothing is unpacked but what the log's key spoke for.
 */
export function refusedLeaf(
  source: Buffer,
  index: number,
  logId: string,
  refusals: Refusals,
): Buffer | undefined {
  if (!refusals.has(logId, index)) return undefined;
  return leafWithin(source, (message) => refusals.formsOf(logId, index, sha256(message).toString('hex')));
}

/**
 * The leaf hash of the entry inside a document that has a refused form, whether its note is there or not, or undefined. For one
 * who has the leaf hash from a record: nobody can make another entry of it.
 */
export function leafInside(source: Buffer): Buffer | undefined {
  return leafWithin(source, () => refusedForms);
}

function leafWithin(
  source: Buffer,
  formsOf: (message: string) => readonly RefusedForm[],
): Buffer | undefined {
  if (!source.includes(mark)) return undefined;
  const { packed, message } = valuesOf(source) ?? {};
  const bytes = parseBase64(packed);
  if (!bytes || typeof packed !== 'string' || typeof message !== 'string') return undefined;
  const forms = formsOf(message);
  const entry = forms.length > 0 ? unpack(bytes) : undefined;
  // Taken apart and written anew: only the two values may differ.
  const isForm = entry && forms.some((form) => formOf(entry, message, packed, form)?.equals(source));
  return isForm ? leafHash(entry) : undefined;
}

/** What a refused form holds, if it is readable; nothing of it was checked. */
export function entryInside(source: Buffer): Buffer | undefined {
  if (!source.includes(mark)) return undefined;
  const bytes = parseBase64(valuesOf(source)?.packed);
  return bytes && unpack(bytes);
}

/** The whole of the bytes must be gzip, so that nothing hides behind it. */
function unpack(bytes: Buffer): Buffer | undefined {
  try {
    const { buffer, engine } = gunzipSync(bytes, {
      maxOutputLength: entryBytesMax,
      info: true,
    } as const) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return engine.bytesWritten === bytes.length ? buffer : undefined;
  } catch {
    // Not gzip, cut off, or larger than any entry: in each case not a form of ours.
    return undefined;
  }
}
