import { gunzipSync } from 'node:zlib';
import { parseJson } from '../../json/index.ts';
import { formOf, leafHash, parseBase64, refusalDocumentId } from '../../seal/index.ts';
import type { LogKey } from '../records/keys.ts';
import { isRefusalNote } from '../records/notes.ts';
import type { Streams } from '../streams.ts';

const mark = ',"auditseal.refused":"';

/** The format's limit of an entry: a verifier unpacks what others wrote. */
const entryBytesMax = 128 * 1024 * 1024;

/**
 * The leaf hash of the entry inside a proper refused form (docs/seal-format.md §4), or undefined. The signed note is
 * demanded first, so that nothing is unpacked but what the log's key spoke for.
 */
export async function refusedLeaf(
  source: Buffer,
  index: number,
  { key, logId }: LogKey,
  streams: Streams,
): Promise<Buffer | undefined> {
  if (!source.includes(mark)) return undefined;
  const bytes = Buffer.from(source);
  return (await hasNote(index, key, logId, streams)) ? leafInside(bytes) : undefined;
}

async function hasNote(index: number, key: LogKey['key'], logId: string, streams: Streams): Promise<boolean> {
  let found = false;
  for await (const note of streams.find('records', [refusalDocumentId(logId, index)]))
    found ||= isRefusalNote(note.source, key, index);
  return found;
}

/** Takes the form apart and writes it anew: only the two values may differ. */
function leafInside(source: Buffer): Buffer | undefined {
  const value = parseJson(source) as Record<string, unknown> | undefined;
  const packed = value?.['auditseal.refused'];
  const message = (value?.['error'] as { message?: unknown } | undefined)?.message;
  const bytes = parseBase64(packed);
  if (!bytes || typeof packed !== 'string' || typeof message !== 'string') return undefined;
  const entry = unpack(bytes);
  return entry && formOf(entry, message, packed).equals(source) ? leafHash(entry) : undefined;
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
