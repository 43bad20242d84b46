import { readFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError, storeErrorFrom } from './error.ts';
import { oldestState, stateVersion, tooOld } from './schema.ts';

/** What a state folder says of one source; always read + pieces = dropped + sealedEvents. */
export interface SourceStatus {
  source: string;
  origin: string;
  vkey: string;
  /** When the epoch's key was made, and why. */
  madeAt: string;
  reason: string;
  /** Of the log: entries, manifests included. */
  size: number;
  sealedAt: string | null;
  /** `attempted`: since its last start Elasticsearch has not answered. */
  startState: string;
  read: number;
  pieces: number;
  dropped: number;
  gaps: number;
  sealedEvents: number;
  sealedBatches: number;
  waitingEvents: number;
  waitingBatches: number;
  waitingBytes: number;
  /** The oldest and the newest event that waits. */
  oldestWaiting: string | null;
  newestWaiting: string | null;
  refused: number;
  /** What the agent kept for this: JSON, see agent/observe/observation.ts. */
  observed: string | null;
  /** By rule or reason. */
  tallies: { kind: string; label: string; value: number }[];
}

export interface StateStatus {
  sources: SourceStatus[];
  /** Whether an agent holds the folder's lock; undefined where the system does not tell. */
  running: boolean | undefined;
  /** Of the disk that the folder is on. */
  freeBytes: number;
}

/**
 * Reads a state folder beside a running agent, or without one; changes nothing.
 * Throws StoreError `failed` (there is none, it cannot be read, or no agent of this release has opened it) `newer` or `older`.
 */
export function readStatus(stateDir: string): StateStatus {
  const path = join(stateDir, 'state.db');
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    try {
      const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
      if (version > stateVersion)
        throw new StoreError('newer', `${path}: is of a newer auditseal (state version ${version})`);
      if (version < oldestState) throw new StoreError('older', tooOld(path, version));
      if (version < stateVersion)
        throw new StoreError(
          'failed',
          `${path}: is of an older auditseal (state version ${version}); it is brought up to date when the agent starts`,
        );
      const { bavail, bsize } = statfsSync(stateDir);
      return { sources: sourcesOf(database), running: isLocked(stateDir), freeBytes: bavail * bsize };
    } finally {
      database.close();
    }
  } catch (error) {
    throw storeErrorFrom(error, path);
  }
}

function sourcesOf(database: DatabaseSync): SourceStatus[] {
  const rows = database.prepare(statusQuery).all() as unknown as Omit<SourceStatus, 'tallies'>[];
  const tallies = database.prepare(
    'SELECT kind, label, value FROM tally WHERE source = ? ORDER BY value DESC',
  );
  return rows.map((row) => ({
    ...row,
    tallies: tallies.all(row.source) as unknown as SourceStatus['tallies'],
  }));
}

/** Looks at the system's list (proc(5), /proc/locks), since a try to take the lock could make a starting agent give up. */
function isLocked(stateDir: string): boolean | undefined {
  try {
    const { ino } = statSync(join(stateDir, 'lock.db'));
    return new RegExp(`WRITE +-?\\d+ [\\da-f]+:[\\da-f]+:${ino} `, 'u').test(
      readFileSync('/proc/locks', 'latin1'),
    );
  } catch {
    return undefined;
  }
}

const statusQuery = `
SELECT s.name AS source, e.origin, e.vkey, e.made_at AS madeAt, e.reason, e.size, e.sealed_at AS sealedAt, s.start_state AS startState, s.observed,
  s.read_lines AS read, s.pieces, s.dropped_events AS dropped, s.gaps,
  s.sealed_events AS sealedEvents, s.sealed_batches AS sealedBatches, coalesce(sum(b.count), 0) AS waitingEvents, count(b.seq) AS waitingBatches,
  coalesce(sum(b.bytes), 0) AS waitingBytes, min(b.oldest) AS oldestWaiting, max(b.newest) AS newestWaiting,
  (SELECT count(DISTINCT r.epoch || '-' || r.idx) FROM refusal r JOIN epoch o ON o.id = r.epoch WHERE o.source = s.name) AS refused
FROM source s
JOIN epoch e ON e.id = (SELECT max(id) FROM epoch WHERE epoch.source = s.name)
LEFT JOIN batch b ON b.source = s.name
GROUP BY s.name ORDER BY s.name`;
