import { isOrigin, logName, parseCheckpoint, parseVerifierKey, SealError } from '../../seal/index.ts';
import type { Checkpoint } from '../../seal/index.ts';
import { judgeStretches } from './stretches.ts';
import type { Emit } from '../finding.ts';
import { timeOf } from './link.ts';
import type { LogChain } from './log.ts';
import { isSignedBy } from './notes.ts';
import type { RecordReading } from './records.ts';
import { isStale } from '../time.ts';
import type { TrustFile } from '../../trust/index.ts';

/** Judges what lies between the epochs of one (cluster, node, source), and the logs that lack records or a key. */
export function judgeEpochs(reading: RecordReading, trust: TrustFile | undefined, emit: Emit): void {
  const byName = Map.groupBy(reading.logs.values(), ({ name }) => name);
  for (const epochs of byName.values()) {
    let before: LogChain | undefined;
    for (const log of epochs.toSorted(byOrigin)) {
      const { origin } = log;
      if (before && !reading.keys.isLinked(origin))
        emit({
          finding: 'unlinked epoch',
          origin,
          sealedAt: timeOf(log.runs[0]!.head),
          detail: `no valid record of an earlier epoch names its key; before it, ${before.origin} ends with batch ${before.newest?.batch}`,
        });
      before = log;
      judgeBeginning(log, reading, emit);
    }
  }
  judgeStrangers(reading, emit);
  for (const [origin, records] of reading.unjudged) {
    const detail = `${records} records, and no trusted key names its key`;
    const finding = reading.keys.hasEpochOf(logName(origin)) ? 'unlinked epoch' : 'unknown log';
    emit({ finding, origin, detail });
  }
  const trusted = new Set(trust?.logs.map(({ vkey }) => parseVerifierKey(vkey).name));
  for (const origin of trusted.difference(reading.logs))
    if (byName.has(logName(origin)))
      emit({
        finding: 'epoch missing',
        origin,
        detail: 'the trust file lists its key, and it has no valid record',
      });
  const listed = new Set(trust?.logs.map(({ cluster, node, source }) => `${cluster}/${node}/${source}`));
  for (const name of listed.difference(byName))
    emit({
      finding: 'log missing',
      origin: name,
      detail: 'the trust file lists it, and it has no valid record',
    });
}

function byOrigin(a: LogChain, b: LogChain): number {
  return a.origin < b.origin ? -1 : 1;
}

/** Batch 0 says how its epoch began: with `previous`, the epoch before must be there and end just there. */
function judgeBeginning(log: LogChain, reading: RecordReading, emit: Emit): void {
  const start = log.first?.epochStart;
  if (!start || (start.previous === undefined && start.reason !== 'age')) return;
  const { origin } = log;
  const previous = earlierCheckpoint(origin, start.previous);
  if (!previous) {
    const detail = 'it does not carry the last checkpoint of the epoch before';
    emit({ finding: 'broken chain', origin, batch: 0, detail });
    return;
  }
  if (!comparePrevious(origin, previous, reading, emit)) return;
  const run = log.runs[0]!;
  const { lastStretch } = reading.logs.get(previous.origin)!.runs.at(-1)!;
  judgeStretches(origin, lastStretch, run, log.emitter(emit));
  // An epoch in which nothing was read leaves the comparison to the next one.
  run.lastStretch ??= lastStretch;
}

/** A log that is not judged may yet show, by a signature of a known key, where a known log ended. */
function judgeStrangers(reading: RecordReading, emit: Emit): void {
  for (const { origin, previous: note } of reading.strangers) {
    const previous = earlierCheckpoint(origin, note);
    const keys = previous && reading.keys.of(previous.origin);
    if (previous && keys?.some(({ key }) => isSignedBy(note, key)))
      comparePrevious(origin, previous, reading, emit);
  }
}

/** Compares the end of an epoch with what the next one says of it; whether the two are the same. */
function comparePrevious(by: string, previous: Checkpoint, reading: RecordReading, emit: Emit): boolean {
  const { origin, size, root } = previous;
  if (!reading.claimed.has(origin)) {
    emit({ finding: 'epoch missing', origin, detail: `${by} continues it, and it has no record` });
    return false;
  }
  const newest = reading.logs.get(origin)?.newest;
  if (!newest) return false;
  const at = { origin, batch: newest.batch };
  if (newest.size !== size) {
    const detail = `it ends at size ${newest.size}, ${by} says that it ended at ${size}`;
    emit({ finding: 'broken chain', ...at, detail });
  } else if (!newest.root.equals(root)) {
    emit({ finding: 'fork', ...at, detail: `${by} names another root of size ${size}` });
  } else return true;
  return false;
}

/** The checkpoint in a note, if it is one of an earlier epoch of the same (cluster, node, source); its signature is not looked at. */
function earlierCheckpoint(origin: string, note: string | undefined): Checkpoint | undefined {
  const end = note?.indexOf('\n\n') ?? -1;
  if (note === undefined || end < 0) return undefined;
  try {
    const checkpoint = parseCheckpoint(note.slice(0, end + 1));
    const { origin: name } = checkpoint;
    return isOrigin(name) && logName(name) === logName(origin) && name < origin ? checkpoint : undefined;
  } catch (error) {
    if (error instanceof SealError) return undefined;
    throw error;
  }
}

/**
 * `ends early` for each (cluster, node, source) whose newest record is older than two heartbeats. `until` is the end of
 * what is checked: now, or the end of the time range.
 */
export function judgeEnds(reading: RecordReading, until: Date, emit: Emit): void {
  for (const epochs of Map.groupBy(reading.logs.values(), ({ name }) => name).values()) {
    const { origin, newest } = epochs.toSorted(byOrigin).at(-1)!;
    if (!newest || !isStale(newest, until)) continue;
    const detail =
      newest.stoppedAt === undefined
        ? `its newest record is of ${timeOf(newest)}`
        : `stopped cleanly at ${newest.stoppedAt}`;
    emit({ finding: 'ends early', origin, batch: newest.batch, sealedAt: timeOf(newest), detail });
  }
}
