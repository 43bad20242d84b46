import { parentPort, workerData } from 'node:worker_threads';
import { join } from 'node:path';
import { openDatabase } from './database.ts';
import { storeErrorFrom } from './error.ts';
import { lockStateDir } from './lock.ts';
import { State } from './state.ts';
import type { Call, Reply } from './protocol.ts';
import { release } from './release.ts';
import type { Committed, StoredBatch, Transaction } from './types.ts';

const { stateDir } = workerData as { stateDir: string };
const lock: { held?: ReturnType<typeof lockStateDir> } = {};
let state: State | undefined;

/** The thread that owns SQLite, so that an fsync never stalls reading and shipping. Calls are answered in order. */
function answer(call: Call): unknown {
  if (call.method === 'open') return open();
  if (!state) throw new Error(`${call.method} before open`);
  switch (call.method) {
    case 'load':
      return state.load(call.name);
    case 'commit':
      return commit(state, call.transaction);
    case 'rollBack':
      return state.rollBack(call.source);
    case 'next':
      return state.next(call.source, call.after);
    case 'notifications':
      return state.notifications();
    case 'statistics':
      return state.statistics();
    case 'close':
      state.close();
      return lock.held?.release();
    default:
      throw new Error('not a call of the store');
  }
}

/** The transaction is this thread's own copy. */
function commit(into: State, transaction: Transaction): Committed {
  try {
    return into.commit(transaction);
  } finally {
    for (const { members } of transaction.batches) for (const { body } of members) release(body);
  }
}

/** The lock first: not even a damaged database may be put aside under a running agent. */
function open(): { corrupt: string | undefined } {
  lock.held = lockStateDir(stateDir);
  const { database, corrupt } = openDatabase(stateDir);
  state = new State(database);
  return { corrupt };
}

parentPort!.on('message', ({ id, call }: { id: number; call: Call }) => {
  let reply: Reply;
  try {
    reply = { id, value: answer(call) };
  } catch (cause) {
    const error = storeErrorFrom(cause, join(stateDir, 'state.db'));
    reply = { id, error: { code: error.code, message: error.message } };
  }
  parentPort!.postMessage(reply, transferable(call, reply));
});

/** A stored batch's bytes are handed over, not copied: this thread has no more use for them. */
function transferable({ method }: Call, { value }: Reply): ArrayBuffer[] {
  if (method !== 'next' || value === undefined) return [];
  return (value as StoredBatch).members.map(({ body }) => body.buffer as ArrayBuffer);
}
