import { eventStream, recordStream } from '../../../agent/streams/index.ts';
import { lineOf, manifestsOf } from '../../kit/agent/index.ts';
import { allDocuments, refresh } from '../../kit/elasticsearch/index.ts';

/** A document that is there more than once. */
export interface Duplicate {
  id: string;
  /** How many more than one. */
  more: number;
  /** The log and the index that a `copies` notice names it by; undefined for a start marker. */
  place: { origin: string; index: number } | undefined;
  identical: boolean;
}

export interface Stored {
  events: Duplicate[];
  records: Duplicate[];
  /** The audit log's lines, each `_id` once. */
  lines: string[];
}

interface Known {
  place: Duplicate['place'];
  source: Buffer;
  count: number;
  identical: boolean;
}

/** Counts the documents of both streams by `_id`, over all backing indices. */
export async function stored(url: string, namespace: string): Promise<Stored> {
  const events = await byId(url, eventStream(namespace));
  const records = await byId(url, recordStream(namespace));
  return {
    events: duplicates(events),
    records: duplicates(records),
    lines: [...events.values()].map(({ source }) => lineOf(source).toString('latin1')),
  };
}

async function byId(url: string, stream: string): Promise<Map<string, Known>> {
  await refresh(url, stream);
  const found = new Map<string, Known>();
  for await (const { id, source } of allDocuments(url, stream)) {
    const known = found.get(id);
    if (known) {
      known.count += 1;
      known.identical &&= known.source.equals(source);
    } else
      found.set(id, { place: placeOf(id, source), source: Buffer.from(source), count: 1, identical: true });
  }
  return found;
}

function duplicates(found: Map<string, Known>): Duplicate[] {
  return [...found]
    .filter(([, { count }]) => count > 1)
    .map(([id, { count, place, identical }]) => ({ id, more: count - 1, place, identical }));
}

/** docs/seal-format.md §2: an event's document and its refusal note by the event's index, a record by its manifest's. */
function placeOf(id: string, source: Buffer): Duplicate['place'] {
  const { auditseal } = JSON.parse(source.toString()) as {
    auditseal: { origin: string; first?: number; count?: number };
  };
  const { origin, first = 0, count = 0 } = auditseal;
  const [, kind, number] = /^[0-9a-f]{16}-([brs]?)(\d+)/u.exec(id) ?? [];
  if (kind === 's') return undefined;
  return { origin, index: kind === 'b' ? first + count : Number(number) };
}

/** Whether the manifests that are there announce that an index may be there more than once. */
export async function announcements(
  url: string,
  namespace: string,
): Promise<(place: { origin: string; index: number }) => boolean> {
  const ranges = (await manifestsOf(url, namespace)).flatMap((manifest) =>
    manifest.notices.flatMap((notice) =>
      notice.kind === 'copies' ? [{ ...notice, origin: notice.origin ?? manifest.origin }] : [],
    ),
  );
  return ({ origin, index }) =>
    ranges.some((range) => range.origin === origin && range.first <= index && index <= range.last);
}
