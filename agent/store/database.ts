import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError, storeErrorFrom } from './error.ts';
import { migrations, oldestState, stateVersion, tooOld } from './schema.ts';

/**
 * Opens `state.db`, making it if there is none. `corrupt` tells that an unreadable one was put aside (and where): its keys
 * are lost, so every source begins a new epoch. Throws StoreError `newer`, `older`, `full`, `failed`.
 */
export function openDatabase(stateDir: string): { database: DatabaseSync; corrupt: string | undefined } {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, 'state.db');
  try {
    return { database: openExisting(path), corrupt: undefined };
  } catch (error) {
    const known = storeErrorFrom(error, path);
    if (known.code !== 'corrupt') throw known;
    const aside = putAside(path);
    return { database: openExisting(path), corrupt: aside };
  }
}

function openExisting(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version > stateVersion) {
      throw new StoreError(
        'newer',
        `${path}: is of a newer auditseal (state version ${version}, this one knows ${stateVersion}); run that one`,
      );
    }
    if (version > 0 && version < oldestState) throw new StoreError('older', tooOld(path, version));
    // FULL: a batch may leave the node only when it would survive a power cut, else a second tree of its size could follow.
    // secure_delete: an erased epoch key must not linger in free pages (batches, which hold none, may: see State).
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON',
    );
    if (version < stateVersion) {
      const steps = migrations.slice(version === 0 ? 0 : version - oldestState + 1).join('');
      database.exec(`BEGIN IMMEDIATE; ${steps} PRAGMA user_version = ${stateVersion}; COMMIT`);
    }
    if (database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] !== 'ok') {
      throw new StoreError('corrupt', `${path}: fails SQLite's quick_check`);
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function putAside(path: string): string {
  const aside = `${path}.corrupt-${Date.now()}`;
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return aside;
}
