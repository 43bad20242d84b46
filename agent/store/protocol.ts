import type { StoreErrorCode } from './error.ts';
import type { Transaction } from './types.ts';

/** What the main thread asks of the thread that owns SQLite. */
export type Call =
  | { method: 'open' }
  | { method: 'load'; name: string }
  | { method: 'commit'; transaction: Transaction }
  | { method: 'rollBack'; source: string }
  | { method: 'next'; source: string; after: number }
  | { method: 'notifications' }
  | { method: 'statistics' }
  | { method: 'close' };

export interface Reply {
  id: number;
  value?: unknown;
  error?: { code: StoreErrorCode; message: string };
}
