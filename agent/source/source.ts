import { setTimeout as sleep } from 'node:timers/promises';
import type { Chunk, LongLineSink } from './chunk.ts';
import { Complaints } from './complaints.ts';
import { isFileSystemError, SourceError } from './error.ts';
import { lookAt } from './held.ts';
import type { Held } from './held.ts';
import { positionOf } from './known.ts';
import { LineReader } from './lines.ts';
import type { Cut } from './lines.ts';
import { regularStat } from './listing.ts';
import { KEPT_DELETED_BYTES_MAX } from './kept.ts';
import { obstacleOf } from './obstacle.ts';
import type { Obstacle } from './obstacle.ts';
import { lossOf, Opener } from './opener.ts';
import type { Opened } from './opener.ts';
import type { SourceOptions } from './options.ts';
import { ABSENT_MILLISECONDS_MAX, PROBE_MILLISECONDS, Readability } from './readability.ts';
import { isSameInode } from './stat.ts';
import { emptyTailState } from './state.ts';
import type { TailState } from './state.ts';
import { Waker } from './waker.ts';

const CHUNK_BYTES_DEFAULT = 1024 * 1024;
const LAG_MILLISECONDS_MAX = 1000;
/** How often the directory is looked at while there is still something to read: a file lives for maxbackup rotations. */
const LOOK_AHEAD_MILLISECONDS = 250;

/**
 * One audit.log and its rotated backups as one stream of whole lines: oldest first, each once, nothing skipped
 * without a gap that says so. Identity is content, never an inode; the open file is held across renames and
 * drained; what follows it is decided by the succession rule of docs/seal-format.md §2.
 *
 * `read()` and `lagBytes()` take turns, since both note where the files are now. No `read()` during `close()`.
 */
export class Source<L extends LongLineSink = LongLineSink> {
  readonly #path: string;
  readonly #initial: TailState;
  readonly #opener: Opener;
  readonly #lines: LineReader<L>;
  readonly #waker: Waker;
  readonly #complaints: Complaints;
  readonly #readability: Readability;
  readonly #lookAheadMilliseconds: number;
  #held: Held | undefined;
  #last: Chunk<L> | undefined;
  #closed = false;
  #lag: number | undefined = 0;
  #lookedAheadAt = -Infinity;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SourceOptions<L>) {
    const { path, lineBytesMax, chunkBytesMax = CHUNK_BYTES_DEFAULT, pollMilliseconds, longLine } = options;
    this.#path = path;
    this.#initial = options.state ?? emptyTailState;
    this.#lookAheadMilliseconds = options.lookAheadMilliseconds ?? LOOK_AHEAD_MILLISECONDS;
    this.#complaints = new Complaints(options.tell);
    this.#readability = new Readability({
      path,
      complaints: this.#complaints,
      tell: options.readable ?? (() => undefined),
      absentMillisecondsMax: options.absentMillisecondsMax ?? ABSENT_MILLISECONDS_MAX,
      probeMilliseconds: options.probeMilliseconds ?? PROBE_MILLISECONDS,
    });
    this.#opener = new Opener(path, this.#initial, this.#complaints);
    this.#lines = new LineReader({ lineBytesMax, chunkBytesMax }, longLine);
    this.#waker = new Waker(path, pollMilliseconds, options.watch ?? true, (error) => {
      this.#complaints.say('watch', `cannot watch ${path}; polling goes on`, { error });
    });
  }

  /**
   * The next chunk, or undefined if there is nothing new now: then `wait()`. A chunk's bytes are valid until the
   * next `read()`. Trouble with the file system is told and retried at the next call, never thrown.
   * @throws SourceError `closed`
   */
  read(): Promise<Chunk<L> | undefined> {
    return this.#alone(() => this.#read());
  }

  async #read(): Promise<Chunk<L> | undefined> {
    if (this.#closed) throw new SourceError('closed', `the source of ${this.#path} is closed`);
    const { result: chunk, failure } = await retried(async () => {
      await this.#lookAhead(KEPT_DELETED_BYTES_MAX);
      return await this.#next();
    });
    this.#last = chunk ?? this.#last;
    await this.#readability.afterRead(await this.#obstacleOf(failure), this.#held !== undefined);
    return chunk;
  }

  /**
   * Holds open what is there to be read later, so that its deletion takes nothing. `read()` does so by itself; to be
   * called while reading is paused. `isDiskFull`: files that are deleted already are let go, for the room they take.
   */
  hold(isDiskFull: boolean): Promise<void> {
    return this.#alone(async () => {
      if (this.#closed) return;
      const { failure } = await retried(() => this.#lookAhead(isDiskFull ? 0 : KEPT_DELETED_BYTES_MAX));
      await this.#readability.whilePaused(await this.#obstacleOf(failure), this.#held !== undefined);
    });
  }

  async #obstacleOf(failure: NodeJS.ErrnoException | undefined): Promise<Obstacle | undefined> {
    return failure && (await obstacleOf(failure, failure.path ?? this.#path));
  }

  /** Looks at the directory, unless it was looked at just now, or the file at hand is the live one still. */
  async #lookAhead(deletedBytesMax: number): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAheadAt < this.#lookAheadMilliseconds) return;
    this.#lookedAheadAt = now;
    const held = this.#held;
    if (held) held.stat = await held.file.stat();
    const newest = held ? !held.left && held.stat : this.#opener.awaited;
    if (newest) {
      const live = await regularStat(this.#path);
      if (live && isSameInode(live, newest)) return;
    }
    await this.#opener.succession.lookAhead(held, deletedBytesMax);
  }

  /** Resolves when something may be new: a watcher's wake-up, the poll interval, or the abort. Never rejects. */
  wait(signal: AbortSignal): Promise<void> {
    return this.#waker.wait(signal);
  }

  /**
   * The state to save with everything up to the last chunk consumed, of that chunk up to `offset`: a line boundary
   * inside it or its end (of a long line: its start or end). Before the first chunk: the state that was given.
   * For `ended` and `gap` the offset does not matter; they count as consumed. Ask before the next `read()`.
   */
  stateAt(offset: number): TailState {
    const chunk = this.#last;
    if (!chunk) return this.#initial;
    const isRead = chunk.kind === 'lines' || chunk.kind === 'long';
    const current = isRead || chunk.kind === 'ended' ? chunk.file : (chunk.after ?? chunk.before)?.file;
    if (isRead && (offset < chunk.start || offset > chunk.end)) {
      throw new RangeError(`${offset} is not inside the last chunk, ${chunk.start} to ${chunk.end}`);
    }
    const files = this.#opener.known.records.map((record) => {
      if (!isRead || record.id !== chunk.file) return { ...record };
      return {
        ...record,
        offset,
        check: this.#lines.checkAt(offset),
        size: Math.max(record.size, chunk.end, this.#sizeSeen),
      };
    });
    const { floor } = this.#opener.known;
    return { v: 1, ...(current && { current }), files, ...(floor && { floor }) };
  }

  /**
   * Uncompressed bytes not read yet, as far as the directory shows; compressed backups count as nothing. Undefined where
   * that cannot be known: nothing is to be seen, but what is there cannot be read. While a read takes longer than a second
   * (a line of a gigabyte): what was answered before.
   */
  async lagBytes(): Promise<number | undefined> {
    const asked = this.#alone(() => this.#lagBytes());
    const late = new AbortController();
    const before = sleep(LAG_MILLISECONDS_MAX, this.#lag, { signal: late.signal, ref: false });
    before.catch(() => undefined);
    this.#lag = await Promise.race([asked, before]);
    late.abort();
    return this.#lag;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #lagBytes(): Promise<number | undefined> {
    if (this.#closed) return 0;
    const held = this.#held;
    try {
      const own = held && !held.file.compressed ? (await held.file.stat()).size - this.#lines.offset : 0;
      const listed = await this.#opener.survey(held);
      const unread = listed.entries.reduce(
        (sum, entry) => {
          if (entry.compressed || !listed.isUnread(entry)) return sum;
          const identity = listed.identityOf(entry);
          return sum + entry.stat.size - (identity.kind === 'known' ? identity.record.offset : 0);
        },
        Math.max(0, own),
      );
      return unread === 0 && this.#readability.obstacle ? undefined : unread;
    } catch (error) {
      if (isFileSystemError(error)) return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#waker.close();
    await this.#held?.drained?.next?.file.close();
    await this.#held?.file.close();
    await this.#opener.close();
  }

  async #next(): Promise<Chunk<L> | undefined> {
    for (;;) {
      if (!this.#held) {
        const opened = await this.#opener.open();
        if (opened === 'wait') return undefined;
        this.#take(opened);
        if (opened.gap) return opened.gap;
      }
      const held = this.#held;
      if (!held) continue;
      if (!held.atEnd) {
        const cut = await this.#cut(held);
        if (cut === 'changed') {
          await this.#truncated(held);
          continue;
        }
        if (cut) return cut;
      }
      if (held.left) {
        const chunk = await this.#finish(held);
        if (chunk !== 'again') return chunk;
        continue;
      }
      switch (await this.#look(held)) {
        case 'same':
          if (held.stat.size === this.#lines.readTo || held.lookedAt === this.#lines.readTo) return undefined;
          held.lookedAt = this.#lines.readTo;
          break;
        case 'truncated':
          await this.#truncated(held);
          continue;
        case 'deleted':
          this.#complaints.say('deleted', `${this.#path} was deleted or moved away while it was being read`, {
            file: held.record.id,
          });
          held.left = true;
          break;
        case 'rotated':
          held.left = true;
          break;
      }
      // Read once more: what was written between the last read and the rename.
      held.atEnd = false;
    }
  }

  #look(held: Held) {
    this.#settle(held);
    return lookAt(this.#path, held, this.#lines.readTo, async () => {
      const listed = await this.#opener.survey({ ...held, isSettled: true });
      return listed.entryOf(held.record.id) !== undefined;
    });
  }

  async #cut(held: Held): Promise<Chunk<L> | 'changed' | undefined> {
    try {
      const cut = await this.#lines.next();
      if (cut?.kind === 'changed') return 'changed';
      if (cut) return this.#chunkOf(held, cut);
    } catch (error) {
      if (!(error instanceof SourceError && error.code === 'corrupt')) throw error;
      held.corrupt = true;
    }
    held.atEnd = true;
    return undefined;
  }

  #chunkOf({ path, record }: Held, cut: Exclude<Cut<L>, { kind: 'changed' }>): Chunk<L> {
    return { path, file: record.id, ...(record.after && { after: record.after }), ...cut };
  }

  /**
   * The end of a file that is no longer live. It has ended when its writer has left it for certain: it has the name
   * that the writer gives when it has closed a file, or the next file has content. Until then (deleted, renamed by
   * somebody else) it is read on.
   */
  async #finish(held: Held): Promise<Chunk<L> | 'again' | undefined> {
    const { record } = held;
    this.#settle(held);
    if (!held.drained) {
      const holding = { record, stat: held.stat, isSettled: true };
      const follow = await this.#opener.succession.follow({ record, proven: true }, holding);
      held.atEnd = false;
      if (follow.finished || (follow.next && follow.next.identity.kind !== 'young')) {
        held.drained = follow;
        return 'again';
      }
      await follow.next?.file.close();
      const there = await regularStat(this.#path);
      held.left = !(there && isSameInode(there, held.stat));
      return undefined;
    }
    const rest = this.#lines.remainder();
    if (rest && rest.kind !== 'changed') return this.#chunkOf(held, rest);
    const position = positionOf(record);
    if (held.corrupt && !record.corrupt) {
      record.corrupt = true;
      this.#complaints.tell('warn', `${record.path} is damaged; what follows in it is lost`, { ...position });
      return { kind: 'gap', reason: 'corrupt', before: position };
    }
    record.ended = true;
    this.#opener.goOn({ record, proven: true }, undefined, held.drained.next);
    await this.#release(held);
    return { kind: 'ended', ...position, path: held.path };
  }

  /** The file was cut in place. If that was copytruncate, the copy still has what was not read, and comes next. */
  async #truncated(held: Held): Promise<void> {
    const { record } = held;
    this.#settle(held);
    record.ended = true;
    record.truncated = true;
    // A file of which no line was given out is no place to go on from: nobody was told of it.
    const last = record.offset === 0 ? held.before : record;
    const loss = last && lossOf(last, 'truncated', last === record ? this.#lines.readTo : 0);
    this.#opener.goOn({ ...(last && { record: last }), proven: false }, loss);
    this.#complaints.tell('warn', `${this.#path} was truncated while it was being read`, {
      ...positionOf(record),
    });
    await this.#release(held);
  }

  #take({ held, history, beginning }: Opened): void {
    this.#held = held;
    this.#lines.open(held.file, held.record.offset, history, beginning);
  }

  /** The size of the open file when it was last looked at; of a compressed one nothing is known. */
  get #sizeSeen(): number {
    return this.#held && !this.#held.file.compressed ? this.#held.stat.size : 0;
  }

  /** Brings the record to where reading is. */
  #settle({ record }: Held): void {
    const { offset } = this.#lines;
    if (offset !== record.offset) record.check = this.#lines.checkAt(offset);
    record.offset = offset;
    record.size = Math.max(record.size, offset, this.#sizeSeen);
  }

  async #release(held: Held): Promise<void> {
    this.#held = undefined;
    this.#complaints.over('deleted');
    // Nothing was written, so nothing is lost by a close that fails.
    await held.file.close().catch(() => undefined);
  }
}

/** The disk's state may heal: what the operating system answers is no end, but something to say and to try again. */
async function retried<T>(work: () => Promise<T>): Promise<{ result?: T; failure?: NodeJS.ErrnoException }> {
  try {
    return { result: await work() };
  } catch (error) {
    if (isFileSystemError(error)) return { failure: error };
    throw error;
  }
}
