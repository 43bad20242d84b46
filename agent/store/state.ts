import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { StoreError } from './error.ts';
import { Outbox } from './outbox.ts';
import type {
  BatchRow,
  CopiesRow,
  CosigningRow,
  Committed,
  EpochRow,
  Loaded,
  Member,
  NewEpoch,
  NotificationRow,
  Refusal,
  SeenRow,
  SourceRow,
  Statistics,
  StoredBatch,
  Totals,
  Transaction,
} from './types.ts';

const epochColumns = `id, origin, vkey, private_key AS privateKey, reason, previous, made_at AS madeAt, next_batch AS nextBatch, size, frontier, checkpoint, sealed_at AS sealedAt`;

/** The state database's reads and its one kind of write; runs in the worker, which owns the connection. */
export class State {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #outbox: Outbox;
  /** Whether the write-ahead log may hold pages with an erased key. */
  #keyInLog = true;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#outbox = new Outbox((text) => this.#sql(text));
    // An epoch change that a crash interrupted: before a key was erased, or between that and the truncation.
    this.#eraseDeliveredKeys();
    this.#truncateLog();
  }

  /** A source's state, made if it is new. */
  load(name: string): Loaded {
    this.#sql('INSERT INTO source (name, secret) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
      name,
      randomBytes(32),
    );
    const source = this.#sql(
      `SELECT name, secret, tail, policy, config, start_counter AS startCounter, start_state AS startState FROM source WHERE name = ?`,
    ).get(name) as unknown as SourceRow;
    const epoch = this.#sql(
      `SELECT ${epochColumns} FROM epoch WHERE source = ? AND closed = 0 AND private_key IS NOT NULL ORDER BY id DESC LIMIT 1`,
    ).get(name) as unknown as EpochRow | undefined;
    const newest = this.#sql('SELECT origin FROM epoch WHERE source = ? ORDER BY id DESC LIMIT 1').get(name);
    const newestOrigin = newest && String(newest['origin']);
    const unannounced = this.#refusals('e.source = ? AND r.noticed = 0', name);
    return {
      source,
      epoch,
      newestOrigin,
      unannounced,
      totals: this.#totals(name),
      cosigning: this.#sql('SELECT source, origin, witness, state FROM cosigning WHERE source = ?').all(
        name,
      ) as unknown as CosigningRow[],
      ...this.#loadCopies(name),
    };
  }

  #loadCopies(name: string): Pick<Loaded, 'unannouncedCopies' | 'earlier'> {
    const all = this.#sql(
      'SELECT source, origin, first, last, at FROM copies WHERE source = ? ORDER BY origin, first',
    ).all(name);
    // What is held has never been sent.
    const sent = this.#sql('SELECT max(seq) AS seq FROM batch WHERE source = ? AND held = 0').get(name);
    const seen = this.#sql(
      'SELECT name AS source, events_index AS events, records_index AS records FROM source WHERE name = ?',
    ).get(name);
    return {
      unannouncedCopies: all as unknown as CopiesRow[],
      earlier: { seq: Number(sent?.['seq'] ?? 0), seen: seen as unknown as SeenRow },
    };
  }

  #totals(name: string): Totals {
    const row = this.#sql(
      `SELECT read_lines AS read, pieces, sealed_events AS sealedEvents, sealed_batches AS sealedBatches, observed,
       (SELECT count(DISTINCT r.epoch || '-' || r.idx) FROM refusal r JOIN epoch e ON e.id = r.epoch WHERE e.source = name) AS refused FROM source WHERE name = ?`,
    ).get(name) as unknown as Omit<Totals, 'tallies' | 'epochs' | 'waiting'>;
    const all = (query: string) => this.#sql(query).all(name) as unknown[];
    return {
      ...row,
      tallies: all('SELECT kind, label, value FROM tally WHERE source = ?') as Totals['tallies'],
      epochs: all(
        'SELECT reason, count(*) AS count FROM epoch WHERE source = ? AND next_batch > 0 GROUP BY reason',
      ) as Totals['epochs'],
      waiting: all(
        'SELECT count AS events, bytes, oldest FROM batch WHERE source = ? ORDER BY seq',
      ) as Totals['waiting'],
    };
  }

  /** Applies a transaction. */
  commit(transaction: Transaction): Committed {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const epoch of transaction.epochs) this.#insertEpoch(epoch);
      const sequences = transaction.batches.map((batch) => this.#insertBatch(batch));
      for (const refusal of transaction.refusals) this.#insertRefusal(refusal);
      if (transaction.acknowledged.length > 0) this.#forget(transaction.acknowledged);
      for (const start of transaction.starts) this.#setStart(start);
      for (const { source, origin, first, last, at } of transaction.copies)
        this.#sql('INSERT INTO copies VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING').run(
          source,
          origin,
          first,
          last,
          at,
        );
      for (const { source, events, records } of transaction.seen)
        this.#sql('UPDATE source SET events_index = ?, records_index = ? WHERE name = ?').run(
          events,
          records,
          source,
        );
      this.#outbox.commit(transaction);
      for (const row of transaction.cosigning ?? []) this.#setCosigning(row);
      for (const { source, text } of transaction.observations ?? [])
        this.#sql('UPDATE source SET observed = ? WHERE name = ?').run(text, source);
      if (transaction.acknowledged.length > 0) this.#eraseDeliveredKeys();
      this.#database.exec('COMMIT');
      this.#truncateLog();
      return { sequences, reusableBytes: this.#reusableBytes() };
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /**
   * The state turned out to be rolled back: what was sealed since the start has not been shipped and is forgotten, to be
   * read and sealed anew under a new epoch; the old key, whose log another life has continued, signs no more batches.
   */
  rollBack(source: string): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#sql(
        `UPDATE source SET read_lines = read_lines - b.read, pieces = source.pieces - b.pieces, dropped_events = dropped_events - b.dropped,
         gaps = source.gaps - b.gaps, sealed_events = sealed_events - b.events, sealed_batches = sealed_batches - b.batches
         FROM (SELECT count(*) AS batches, total(read) AS read, total(pieces) AS pieces, total(dropped) AS dropped, total(gaps) AS gaps,
               total(count) AS events FROM batch WHERE source = ?1 AND held = 1) b WHERE name = ?1`,
      ).run(source);
      this.#sql('DELETE FROM batch WHERE source = ? AND held = 1').run(source);
      this.#sql('UPDATE tally SET value = start_value WHERE source = ?').run(source);
      this.#sql('UPDATE epoch SET closed = 1 WHERE source = ?').run(source);
      this.#sql("UPDATE source SET tail = start_tail, start_state = 'answered' WHERE name = ?").run(source);
      this.#eraseDeliveredKeys();
      this.#database.exec('COMMIT');
      this.#truncateLog();
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** The oldest stored batch of a source after `seq`. */
  next(source: string, after: number): StoredBatch | undefined {
    const row = this.#sql(
      `SELECT b.seq, e.id AS epoch, e.origin, e.vkey, e.private_key AS privateKey, b.number, b.first, b.count, b.held, b.newest, b.moments, b.record
       FROM batch b JOIN epoch e ON e.id = b.epoch WHERE b.source = ? AND b.seq > ? ORDER BY b.seq LIMIT 1`,
    ).get(source, after) as unknown as
      (Omit<StoredBatch, 'members' | 'refusals' | 'held'> & { epoch: number; held: number }) | undefined;
    if (!row) return undefined;
    const members = this.#sql('SELECT first, count, bytes, body FROM member WHERE seq = ? ORDER BY n').all(
      row.seq,
    ) as unknown as Member[];
    const refusals = this.#refusals(
      'r.epoch = ? AND r.idx >= ? AND r.idx < ?',
      row.epoch,
      row.first,
      row.first + row.count,
    );
    return { ...row, held: row.held === 1, members, refusals };
  }

  /** What waits to be told, in order. */
  notifications(): NotificationRow[] {
    return this.#outbox.rows();
  }

  statistics(): Statistics {
    const sources = this.#sql(
      `SELECT source, count(*) AS batches, sum(count) AS events, sum(bytes) AS bytes, max(newest) AS newest FROM batch GROUP BY source`,
    ).all() as unknown as Statistics['sources'];
    return {
      batches: sources.reduce((sum, source) => sum + source.batches, 0),
      bytes: sources.reduce((sum, source) => sum + source.bytes, 0),
      sources,
    };
  }

  /** Pages that what was shipped has left, and the write-ahead log, which begins anew after each checkpoint. */
  #reusableBytes(): number {
    const query = 'SELECT freelist_count * page_size AS bytes FROM pragma_freelist_count, pragma_page_size';
    const log = statSync(`${this.#database.location()}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    return Number(this.#sql(query).get()?.['bytes']) + log;
  }

  close(): void {
    this.#database.close();
  }

  #insertEpoch(epoch: NewEpoch): void {
    this.#sql('UPDATE epoch SET closed = 1 WHERE source = ?').run(epoch.source);
    this.#sql(
      'INSERT INTO epoch (source, origin, vkey, private_key, reason, previous, made_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ).run(
      epoch.source,
      epoch.origin,
      epoch.vkey,
      epoch.privateKey,
      epoch.reason,
      epoch.previous,
      epoch.madeAt,
    );
  }

  #insertBatch(batch: BatchRow): number {
    const epoch = this.#sql('SELECT id, next_batch AS nextBatch, size FROM epoch WHERE origin = ?').get(
      batch.origin,
    ) as { id: number; nextBatch: number; size: number } | undefined;
    // The last defence against a fork: a tree may only grow from where the state has it.
    if (!epoch || epoch.nextBatch !== batch.number || epoch.size !== batch.first) {
      throw new StoreError(
        'failed',
        `batch ${batch.number} of ${batch.origin} begins at ${batch.first}, the state is at batch ${epoch?.nextBatch}, size ${epoch?.size}`,
      );
    }
    const bytes = batch.members.reduce((sum, member) => sum + member.body.length, batch.record.length);
    const { read, pieces, dropped, gaps, count } = batch;
    const { lastInsertRowid } = this.#sql(
      `INSERT INTO batch (source, epoch, number, first, count, held, bytes, newest, record, read, pieces, dropped, gaps, oldest, moments)
       SELECT ?1, ?2, ?3, ?4, ?5, start_state <> 'answered', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14 FROM source WHERE name = ?1`,
    ).run(
      batch.source,
      epoch.id,
      batch.number,
      batch.first,
      count,
      bytes,
      batch.newest,
      batch.record,
      read,
      pieces,
      dropped,
      gaps,
      batch.oldest,
      batch.moments,
    );
    const seq = Number(lastInsertRowid);
    const insert = this.#sql(
      'INSERT INTO member (seq, n, first, count, bytes, body) VALUES (?, ?, ?, ?, ?, ?)',
    );
    for (const [n, member] of batch.members.entries())
      insert.run(seq, n, member.first, member.count, member.bytes, member.body);
    this.#sql(
      'UPDATE epoch SET next_batch = ?, size = ?, frontier = ?, checkpoint = ?, sealed_at = ?, closed = ? WHERE id = ?',
    ).run(
      batch.number + 1,
      batch.size,
      batch.frontier,
      batch.checkpoint,
      batch.sealedAt,
      batch.closes ? 1 : 0,
      epoch.id,
    );
    this.#sql(
      `UPDATE source SET tail = ?, policy = ?, config = ?, read_lines = read_lines + ?, pieces = pieces + ?, dropped_events = dropped_events + ?,
       gaps = gaps + ?, sealed_events = sealed_events + ?, sealed_batches = sealed_batches + 1 WHERE name = ?`,
    ).run(batch.tail, batch.policy, batch.config, read, pieces, dropped, gaps, count, batch.source);
    for (const { kind, label, value } of batch.tallies)
      this.#sql(
        'INSERT INTO tally (source, kind, label, value) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value',
      ).run(batch.source, kind, label, value);
    for (const { origin, first, last } of batch.announcedCopies)
      this.#sql('DELETE FROM copies WHERE origin = ? AND first = ? AND last = ?').run(origin, first, last);
    for (const { origin, index } of batch.announced) {
      this.#sql(
        'UPDATE refusal SET noticed = 1 WHERE idx = ? AND epoch = (SELECT id FROM epoch WHERE origin = ?)',
      ).run(index, origin);
    }
    return seq;
  }

  /**
   * Deletes delivered batches. They are many megabytes and hold no key, so their pages are freed as they are: with zeros written
   * over them first, each byte went twice to the write-ahead log and twice to the database.
   */
  #forget(acknowledged: readonly number[]): void {
    this.#database.exec('PRAGMA secure_delete = FAST');
    try {
      for (const seq of acknowledged) this.#sql('DELETE FROM batch WHERE seq = ?').run(seq);
    } finally {
      this.#database.exec('PRAGMA secure_delete = ON');
    }
  }

  /** What the reader had committed when the last start was still answered is where a rollback reads on from. */
  #setStart({ source, counter, state }: Transaction['starts'][number]): void {
    this.#sql(
      "UPDATE tally SET start_value = value WHERE source = ?1 AND (SELECT start_state FROM source WHERE name = ?1) = 'answered'",
    ).run(source);
    this.#sql(
      `UPDATE source SET start_tail = CASE start_state WHEN 'answered' THEN tail ELSE start_tail END, start_counter = ?, start_state = ? WHERE name = ?`,
    ).run(counter, state, source);
    if (state === 'answered') this.#sql('UPDATE batch SET held = 0 WHERE source = ?').run(source);
  }

  #setCosigning({ source, origin, witness, state }: CosigningRow): void {
    if (state === null)
      this.#sql('DELETE FROM cosigning WHERE source = ? AND origin = ? AND witness = ?').run(
        source,
        origin,
        witness,
      );
    else
      this.#sql('INSERT OR REPLACE INTO cosigning VALUES (?, ?, ?, ?)').run(source, origin, witness, state);
  }

  #insertRefusal(refusal: Refusal): void {
    this.#sql(
      // A manifest announces an index once, of its first refusal.
      `INSERT INTO refusal (epoch, idx, form, status, type, message, at, noticed)
       VALUES ((SELECT id FROM epoch WHERE origin = ?1), ?2, ?3, ?4, ?5, ?6, ?7,
         EXISTS (SELECT 1 FROM refusal r JOIN epoch e ON e.id = r.epoch WHERE e.origin = ?1 AND r.idx = ?2))
       ON CONFLICT DO NOTHING`,
    ).run(
      refusal.origin,
      refusal.index,
      refusal.form,
      refusal.status,
      refusal.type,
      refusal.message,
      refusal.at,
    );
  }

  #refusals(where: string, ...values: SQLInputValue[]): Refusal[] {
    return this.#sql(
      `SELECT e.origin, r.idx AS "index", r.form, r.status, r.type, r.message, r.at FROM refusal r JOIN epoch e ON e.id = r.epoch WHERE ${where} ORDER BY r.epoch, r.idx, r.form`,
    ).all(...values) as unknown as Refusal[];
  }

  /** A closed epoch's key is needed until its last batch is delivered (a refusal is signed by it), and not a moment longer. */
  #eraseDeliveredKeys(): void {
    const { changes } = this.#sql(
      `UPDATE epoch SET private_key = NULL WHERE closed = 1 AND private_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM batch WHERE batch.epoch = epoch.id)`,
    ).run();
    if (changes !== 0) this.#keyInLog = true;
  }

  /** The write-ahead log holds the pages with an erased key until it is truncated; a reader beside us can put that off. */
  #truncateLog(): void {
    if (!this.#keyInLog) return;
    try {
      this.#keyInLog = this.#sql('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] !== 0;
    } catch {
      // What was committed before is durable and must not be reported as failed; the next commit tries this again.
    }
  }

  #sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) this.#statements.set(text, (statement = this.#database.prepare(text)));
    return statement;
  }
}
