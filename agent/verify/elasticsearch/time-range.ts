import { parseDocument } from '../parse-document.ts';
import { parseManifest } from '../records/manifest.ts';
import { walk } from '../../elasticsearch/index.ts';
import type { ElasticsearchClient, Hit, PointInTime, Walk } from '../../elasticsearch/index.ts';
import { candidateWalk, neighbourWalk } from './queries.ts';
import type { RangeOfLog, TimeRange } from './queries.ts';

/** How many records at each end of a log are looked at for keys: one would do unless it was tampered with. */
const endRecords = 3;

/** A clock that steps back may seal a batch before the time of its newest event. */
const clockToleranceMilliseconds = 5 * 60 * 1000;

/** What of one log a time range takes (docs/seal-format.md §8.1): a run of batch numbers, and the ends of the log. */
export async function rangeOfLog(
  client: ElasticsearchClient,
  pit: PointInTime,
  origin: string,
  time: TimeRange,
  signal?: AbortSignal,
): Promise<RangeOfLog> {
  const firstOf = async (asked: Walk, limit: number): Promise<RecordPlace[]> => {
    const places: RecordPlace[] = [];
    for await (const hit of walk(client, pit, asked, signal)) {
      const place = placeOf(hit);
      if (place) places.push(place);
      if (places.length === limit) break;
    }
    return places;
  };
  const ends = [
    ...(await firstOf(neighbourWalk(origin, 'asc'), endRecords)),
    ...(await firstOf(neighbourWalk(origin, 'desc'), endRecords)),
  ].map(({ batch }) => batch);
  let touched: { from: number; to: number } | undefined;
  let indexes: { from: number; to: number } | undefined;
  let after: RecordPlace | undefined;
  const candidates = candidateWalk(origin, time.since - clockToleranceMilliseconds);
  for await (const hit of walk(client, pit, candidates, signal)) {
    const place = touching(hit, time);
    if (!place) {
      after ??= sealedAfter(hit, time);
      continue;
    }
    const { batch, first, size } = place;
    touched = { from: Math.min(batch, touched?.from ?? batch), to: Math.max(batch, touched?.to ?? batch) };
    indexes = { from: Math.min(first, indexes?.from ?? first), to: Math.max(size, indexes?.to ?? size) };
  }
  if (!touched || !indexes) {
    const none = { origin, batches: undefined, indexes: undefined, ends };
    if (!after) return none;
    // The log goes on after the range: whoever deleted all that it had in there left a hole between two neighbours.
    const [before] = await firstOf(neighbourWalk(origin, 'desc', { lt: after.batch }), 1);
    if (!before && after.batch === 0) return none;
    const from = before?.batch ?? 0;
    return {
      origin,
      batches: { from, to: after.batch, touched: { from: from + 1, to: after.batch - 1 } },
      indexes: { from: before?.first ?? 0, to: after.size },
      ends,
    };
  }
  const [below] = await firstOf(neighbourWalk(origin, 'desc', { lt: touched.from }), 1);
  const [above] = await firstOf(neighbourWalk(origin, 'asc', { gt: touched.to }), 1);
  return {
    origin,
    batches: { from: below?.batch ?? 0, to: above?.batch ?? touched.to, touched },
    indexes: { from: below ? below.first : 0, to: Math.max(indexes.to, above?.size ?? 0) },
    ends,
  };
}

/** Where a record says that it belongs; nothing of it has been checked. */
interface RecordPlace {
  batch: number;
  first: number;
  size: number;
}

/** The place of a record if it was sealed after the range. */
function sealedAfter(hit: Hit, { until }: TimeRange): RecordPlace | undefined {
  const manifest = manifestOf(hit);
  if (!manifest || Date.parse(manifest.sealedAt) <= until) return undefined;
  const { batch, first, count } = manifest;
  return { batch, first, size: first + count + 1 };
}

/** The place of a record if its manifest touches the range. */
function touching(hit: Hit, { since, until }: TimeRange): RecordPlace | undefined {
  const manifest = manifestOf(hit);
  if (!manifest) return undefined;
  const { batch, first, count, sealedAt, earliest, latest } = manifest;
  const at = Date.parse(sealedAt);
  const isSealedIn = at >= since && at <= until;
  const holds =
    earliest !== undefined &&
    latest !== undefined &&
    Date.parse(earliest) <= until &&
    Date.parse(latest) >= since;
  return isSealedIn || holds ? { batch, first, size: first + count + 1 } : undefined;
}

function placeOf(hit: Hit): RecordPlace | undefined {
  const members = (parseDocument(hit.source) as { auditseal?: Record<string, unknown> } | undefined)
    ?.auditseal;
  const batch = wholeOf(members?.['batch']);
  if (batch === undefined) return undefined;
  return { batch, first: wholeOf(members?.['first']) ?? 0, size: wholeOf(members?.['size']) ?? 0 };
}

function wholeOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function manifestOf(hit: Hit) {
  const members = (parseDocument(hit.source) as { auditseal?: { manifest?: unknown } } | undefined)
    ?.auditseal;
  return typeof members?.manifest === 'string' ? parseManifest(members.manifest) : undefined;
}
