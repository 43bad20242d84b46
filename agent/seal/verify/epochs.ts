import { logName, parseCheckpoint, SealError, type Checkpoint } from '../index.ts';
import { judgeStretches } from './chain.ts';
import type { Emit } from './finding.ts';
import type { LogChain } from './log.ts';
import type { RecordReading } from './records.ts';
import { toleranceMilliseconds } from './time.ts';
import type { Trust } from './trust.ts';

/** Judges what lies between the epochs of one (cluster, node, source), and the logs that lack records or a key. */
export function judgeEpochs(reading: RecordReading, trust: Trust | undefined, emit: Emit): void {
  const known = Map.groupBy(reading.keys.origins().toSorted(), logName);
  for (const origins of known.values()) {
    for (const [i, origin] of origins.entries()) {
      const log = reading.logs.get(origin);
      if (!log?.newest) continue;
      const linked = reading.keys.isLinked(origin);
      if (i > 0 && !linked) {
        const detail = 'no valid record of an earlier epoch names its key';
        emit({ finding: 'unlinked epoch', origin, detail });
      }
      judgePrevious(log, linked, reading, emit);
    }
  }
  for (const [origin, { records }] of reading.unkeyed) judgeUnkeyed(origin, records, reading, emit);
  judgeMissingLogs(reading, trust, emit);
}

/** Batch 0 carries the final checkpoint of the epoch before: that epoch must be there, and end just there. */
function judgePrevious(log: LogChain, linked: boolean, reading: RecordReading, emit: Emit): void {
  const previous = checkpointOf(log.first?.previous);
  if (!previous) return;
  const { origin } = previous;
  if (!reading.claimed.has(origin)) {
    emit({ finding: 'epoch missing', origin, detail: `${log.origin} continues it, and it has no record` });
    return;
  }
  const before = reading.logs.get(origin);
  const last = before?.newest;
  if (!linked || !last) return;
  const at = { origin, batch: last.batch };
  if (last.size !== previous.size) {
    const detail = `it ends at size ${last.size}, ${log.origin} says that it ended at ${previous.size}`;
    emit({ finding: 'broken chain', ...at, detail });
  } else if (!last.root.equals(previous.root)) {
    emit({ finding: 'fork', ...at, detail: `${log.origin} names another root of size ${last.size}` });
  } else {
    const run = log.runs[0]!;
    const { lastStretch } = before.runs.at(-1)!;
    if (run.firstStretch && log.inRange(run.firstStretch.batch))
      judgeStretches(log.origin, lastStretch, run, emit);
    // An epoch in which nothing was read leaves the comparison to the next one.
    run.lastStretch ??= lastStretch;
  }
}

function checkpointOf(text: string | undefined): Checkpoint | undefined {
  if (text === undefined) return undefined;
  try {
    return parseCheckpoint(text);
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}

function judgeUnkeyed(origin: string, records: number, { keys }: RecordReading, emit: Emit): void {
  const detail = `${records} records under a key that no trusted key names`;
  const finding = keys.hasEpochOf(logName(origin)) ? 'unlinked epoch' : 'unknown log';
  emit({ finding, origin, detail });
}

function judgeMissingLogs({ claimed }: RecordReading, trust: Trust | undefined, emit: Emit): void {
  const present = new Set([...claimed].map(logName));
  const listed = new Set(trust?.logs.map(({ cluster, node, source }) => `${cluster}/${node}/${source}`));
  for (const name of listed.difference(present))
    emit({ finding: 'log missing', origin: name, detail: 'the trust file lists it, and it has no record' });
}

/**
 * `ends early` for each (cluster, node, source) whose newest record is older than two heartbeats. `until` is the end of
 * what is checked: now, or the end of the time range.
 */
export function judgeEnds(reading: RecordReading, until: Date, emit: Emit): void {
  const newest = new Map<string, LogChain>();
  for (const log of reading.logs.values()) {
    const other = newest.get(log.name);
    if (!other || other.origin < log.origin) newest.set(log.name, log);
  }
  for (const { origin, newest: link } of newest.values()) {
    if (!link || !isStale(link, until)) continue;
    const detail =
      link.stoppedAt === undefined
        ? `its newest record is of ${new Date(link.sealedAt).toISOString()}`
        : `stopped cleanly at ${link.stoppedAt}`;
    emit({ finding: 'ends early', origin, batch: link.batch, detail });
  }
}

/** Whether a newest record is so old that another must have followed. */
export function isStale(newest: { sealedAt: number; heartbeatMilliseconds: number }, now: Date): boolean {
  return newest.sealedAt + 2 * newest.heartbeatMilliseconds < now.getTime() - toleranceMilliseconds;
}
