import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from './error.ts';

/**
 * Holds `lock.db` exclusively until closed, or until the process dies: two agents on one state folder would sign two
 * trees of one size. A database of its own, so that `status` can still read `state.db`. Throws StoreError `locked`.
 */
export function lockStateDir(stateDir: string): { release(): void } {
  const path = join(stateDir, 'lock.db');
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new StoreError(
      'locked',
      `${path}: another auditseal runs on this state folder; stop it, or give this one its own stateDir`,
      { cause },
    );
  }
  return { release: () => database.close() };
}
