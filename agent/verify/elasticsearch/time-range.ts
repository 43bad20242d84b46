import { parseJson } from '../../json/index.ts';
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
  const firstOf = async (asked: Walk, limit: number): Promise<number[]> => {
    const batches: number[] = [];
    for await (const hit of walk(client, pit, asked, signal)) {
      const batch = batchOf(hit);
      if (batch !== undefined) batches.push(batch);
      if (batches.length === limit) break;
    }
    return batches;
  };
  const ends = [
    ...(await firstOf(neighbourWalk(origin, 'asc'), endRecords)),
    ...(await firstOf(neighbourWalk(origin, 'desc'), endRecords)),
  ];
  let touched: { from: number; to: number } | undefined;
  const candidates = candidateWalk(origin, time.since - clockToleranceMilliseconds);
  for await (const hit of walk(client, pit, candidates, signal)) {
    const batch = touches(hit, time);
    if (batch === undefined) continue;
    touched = { from: Math.min(batch, touched?.from ?? batch), to: Math.max(batch, touched?.to ?? batch) };
  }
  if (!touched) return { origin, batches: undefined, ends };
  const [below] = await firstOf(neighbourWalk(origin, 'desc', { lt: touched.from }), 1);
  const [above] = await firstOf(neighbourWalk(origin, 'asc', { gt: touched.to }), 1);
  return { origin, batches: { from: below ?? 0, to: above ?? touched.to }, ends };
}

/** The number of the batch if its manifest touches the range. */
function touches(hit: Hit, { since, until }: TimeRange): number | undefined {
  const manifest = manifestOf(hit);
  if (!manifest) return undefined;
  const { batch, sealedAt, earliest, latest } = manifest;
  const at = Date.parse(sealedAt);
  const isSealedIn = at >= since && at <= until;
  const holds =
    earliest !== undefined &&
    latest !== undefined &&
    Date.parse(earliest) <= until &&
    Date.parse(latest) >= since;
  return isSealedIn || holds ? batch : undefined;
}

function batchOf(hit: Hit): number | undefined {
  const members = (parseJson(hit.source) as { auditseal?: { batch?: unknown } } | undefined)?.auditseal;
  return Number.isSafeInteger(members?.batch) ? (members?.batch as number) : undefined;
}

function manifestOf(hit: Hit) {
  const members = (parseJson(hit.source) as { auditseal?: { manifest?: unknown } } | undefined)?.auditseal;
  return typeof members?.manifest === 'string' ? parseManifest(members.manifest) : undefined;
}
