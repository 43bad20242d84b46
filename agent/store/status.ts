import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError, storeErrorFrom } from './error.ts';
import { stateVersion } from './schema.ts';

/** What a state folder says of one source; always read + pieces = dropped + sealedEvents. */
export interface SourceStatus {
  source: string;
  origin: string;
  vkey: string;
  /** Of the log: entries, manifests included. */
  size: number;
  sealedAt: string | null;
  read: number;
  pieces: number;
  dropped: number;
  gaps: number;
  sealedEvents: number;
  sealedBatches: number;
  waitingEvents: number;
  waitingBatches: number;
  waitingBytes: number;
  /** The newest event that waits. */
  newestWaiting: string | null;
  refused: number;
}

/**
 * Reads a state folder beside a running agent, or without one; changes nothing.
 * Throws StoreError `failed` (there is none, or it cannot be read) or `newer`.
 */
export function readStatus(stateDir: string): { sources: SourceStatus[] } {
  const path = join(stateDir, 'state.db');
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    try {
      const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
      if (version > stateVersion)
        throw new StoreError('newer', `${path}: is of a newer auditseal (state version ${version})`);
      return { sources: database.prepare(statusQuery).all() as unknown as SourceStatus[] };
    } finally {
      database.close();
    }
  } catch (error) {
    throw storeErrorFrom(error, path);
  }
}

const statusQuery = `
SELECT s.name AS source, e.origin, e.vkey, e.size, e.sealed_at AS sealedAt, s.read_lines AS read, s.pieces, s.dropped_events AS dropped, s.gaps,
  s.sealed_events AS sealedEvents, s.sealed_batches AS sealedBatches, coalesce(sum(b.count), 0) AS waitingEvents, count(b.seq) AS waitingBatches,
  coalesce(sum(b.bytes), 0) AS waitingBytes, max(b.newest) AS newestWaiting,
  (SELECT count(*) FROM refusal r JOIN epoch o ON o.id = r.epoch WHERE o.source = s.name) AS refused
FROM source s
JOIN epoch e ON e.id = (SELECT max(id) FROM epoch WHERE epoch.source = s.name)
LEFT JOIN batch b ON b.source = s.name
GROUP BY s.name ORDER BY s.name`;
