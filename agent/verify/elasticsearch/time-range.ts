import { parseDocument } from '../parse-document.ts';
import { kindOfRecord } from '../records/claim.ts';
import { parseManifest } from '../records/manifest.ts';
import { walk } from '../../elasticsearch/index.ts';
import type { ElasticsearchClient, Hit, PointInTime, Walk } from '../../elasticsearch/index.ts';
import { candidateWalk, neighbourWalk, sealedWalk } from './queries.ts';
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
  const firstOf: FirstOf = async (asked, limit, isWanted = () => true) => {
    const places: RecordPlace[] = [];
    for await (const hit of walk(client, pit, asked, signal)) {
      const place = placeOf(hit);
      if (place && isWanted(place)) places.push(place);
      if (places.length === limit) break;
    }
    return places;
  };
  const ends = [
    ...(await firstOf(neighbourWalk(origin, 'asc'), endRecords)),
    ...(await firstOf(neighbourWalk(origin, 'desc'), endRecords)),
  ].map(({ batch }) => batch);
  let touched: { from: number; to: number } | undefined;
  let run: Run | undefined;
  const candidates = candidateWalk(origin, time.since - clockToleranceMilliseconds);
  for await (const hit of walk(client, pit, candidates, signal)) {
    const place = touching(hit, time);
    if (!place) continue;
    const { batch } = place;
    touched = { from: Math.min(batch, touched?.from ?? batch), to: Math.max(batch, touched?.to ?? batch) };
    run = joined(run, runOf(place, place));
  }
  if (touched && run) run = joined(run, await neighboursOf(firstOf, origin, touched, run));
  run = joined(run, await bracketOf(firstOf, origin, time));
  if (!run) return { origin, batches: undefined, indexes: undefined, ends };
  const { from, to, indexes } = run;
  return { origin, batches: { from, to, touched: touched ?? noBatches }, indexes, ends };
}

const noBatches = { from: 0, to: -1 };

/** The first places that a walk finds, in its order. */
type FirstOf = (
  asked: Walk,
  limit: number,
  isWanted?: (place: RecordPlace) => boolean,
) => Promise<RecordPlace[]>;

/** Batch numbers, both included, and the leaf indexes that they hold by their records' own word, `to` exclusive. */
interface Run {
  from: number;
  to: number;
  indexes: { from: number; to: number };
}

/** `below` left out: from the beginning of the log. */
function runOf(below: RecordPlace | undefined, above: RecordPlace): Run {
  return {
    from: below?.batch ?? 0,
    to: above.batch,
    indexes: { from: below?.first ?? 0, to: above.size },
  };
}

function joined(run: Run | undefined, other: Run | undefined): Run | undefined {
  if (!run || !other) return run ?? other;
  return {
    from: Math.min(run.from, other.from),
    to: Math.max(run.to, other.to),
    indexes: {
      from: Math.min(run.indexes.from, other.indexes.from),
      to: Math.max(run.indexes.to, other.indexes.to),
    },
  };
}

/** From the present record before those that the range touches to the one behind them. */
async function neighboursOf(
  firstOf: FirstOf,
  origin: string,
  touched: { from: number; to: number },
  run: Run,
): Promise<Run> {
  const isBelow = ({ batch }: RecordPlace) => batch < touched.from;
  const isAbove = ({ batch }: RecordPlace) => batch > touched.to;
  const [below] = await firstOf(neighbourWalk(origin, 'desc', { lt: touched.from }), 1, isBelow);
  const [above] = await firstOf(neighbourWalk(origin, 'asc', { gt: touched.to }), 1, isAbove);
  return runOf(below, above ?? { batch: touched.to, first: 0, size: run.indexes.to });
}

/**
 * From the last record that was sealed before the range to the first one sealed after it: where all that were sealed in it were
 * deleted, nothing else shows that there were any. A clock that once stepped may put one of them far off: then both are looked for
 * on the right side of the other, too.
 */
async function bracketOf(firstOf: FirstOf, origin: string, time: TimeRange): Promise<Run | undefined> {
  const before = async (bound?: number) =>
    (
      await firstOf(
        sealedWalk(origin, 'desc', { lt: time.since }, bound),
        1,
        ({ batch }) => bound === undefined || batch < bound,
      )
    )[0];
  const after = async (bound?: number) =>
    (
      await firstOf(
        sealedWalk(origin, 'asc', { gt: time.until }, bound),
        1,
        ({ batch }) => bound === undefined || batch > bound,
      )
    )[0];
  const [last, first] = [await before(), await after()];
  // Of a log that ends before, `ends early` or the next epoch speaks; of one that begins with batch 0 after it, there was none.
  if (!first || (!last && first.batch === 0)) return undefined;
  if (!last || last.batch < first.batch) return runOf(last, first);
  return runOf(await before(first.batch), (await after(last.batch)) ?? last);
}

/** Where a record says that it belongs; nothing of it has been checked. */
interface RecordPlace {
  batch: number;
  first: number;
  size: number;
}

/** The place of a record if its manifest touches the range. One whose manifest is of another batch would not be read by that. */
function touching(hit: Hit, { since, until }: TimeRange): RecordPlace | undefined {
  const manifest = manifestOf(hit);
  if (!manifest || placeOf(hit)?.batch !== manifest.batch) return undefined;
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

/** Of what is taken for a record alone: anything else under the log's name is never judged, and must not say what is read. */
function placeOf(hit: Hit): RecordPlace | undefined {
  if (kindOfRecord(hit.id) !== 'record') return undefined;
  const members = (parseDocument(hit.source) as { auditseal?: Record<string, unknown> } | undefined)
    ?.auditseal;
  const batch = wholeOf(members?.['batch']);
  if (batch === undefined) return undefined;
  return { batch, first: wholeOf(members?.['first']) ?? 0, size: wholeOf(members?.['size']) ?? 0 };
}

function wholeOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function manifestOf(hit: Hit) {
  const members = (parseDocument(hit.source) as { auditseal?: { manifest?: unknown } } | undefined)
    ?.auditseal;
  return typeof members?.manifest === 'string' ? parseManifest(members.manifest) : undefined;
}
