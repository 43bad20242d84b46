import { setTimeout as sleep } from 'node:timers/promises';
import type { Chunk, LongLineSink } from './chunk.ts';
import { WarnOnce } from './warn-once.ts';
import { isFileSystemError, SourceError } from './error.ts';
import { lookAt } from './current.ts';
import type { Current } from './current.ts';
import { positionOf } from './known.ts';
import { LineReader } from './lines.ts';
import type { Cut } from './lines.ts';
import { reservedDeletedBytesMax } from './reserved.ts';
import { obstacleOf } from './obstacle.ts';
import type { Obstacle } from './obstacle.ts';
import { lossOf, Opener } from './opener.ts';
import type { ReadStart } from './opener.ts';
import type { SourceOptions } from './options.ts';
import { absentMillisecondsDefault, probeMillisecondsDefault, Readability } from './readability.ts';
import { isSameInode, regularStat } from './stat.ts';
import { emptyTailState } from './state.ts';
import type { TailState } from './state.ts';
import { ChangeWatcher } from './change-watcher.ts';

const chunkBytesDefault = 1024 * 1024;
const lagMillisecondsMax = 1000;
/** How often the directory is looked at while there is still something to read: a file lives for maxbackup rotations. */
const lookAheadMillisecondsDefault = 250;

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
  readonly #changeWatcher: ChangeWatcher;
  readonly #warnOnce: WarnOnce;
  readonly #readability: Readability;
  readonly #lookAheadMilliseconds: number;
  #current: Current | undefined;
  #last: Chunk<L> | undefined;
  #closed = false;
  #lag: number | undefined = 0;
  #lookedAheadAt = -Infinity;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SourceOptions<L>) {
    const { path, lineBytesMax, chunkBytesMax = chunkBytesDefault, pollMilliseconds, longLine } = options;
    this.#path = path;
    this.#initial = options.state ?? emptyTailState;
    this.#lookAheadMilliseconds = options.lookAheadMilliseconds ?? lookAheadMillisecondsDefault;
    this.#warnOnce = new WarnOnce(options.onMessage);
    this.#readability = new Readability({
      path,
      warnOnce: this.#warnOnce,
      onReadable: options.onReadable ?? (() => undefined),
      absentMillisecondsMax: options.absentMillisecondsMax ?? absentMillisecondsDefault,
      probeMilliseconds: options.probeMilliseconds ?? probeMillisecondsDefault,
    });
    this.#opener = new Opener(path, this.#initial, this.#warnOnce);
    this.#lines = new LineReader({ lineBytesMax, chunkBytesMax }, longLine);
    this.#changeWatcher = new ChangeWatcher(path, pollMilliseconds, options.watch ?? true, (error) => {
      this.#warnOnce.warn('watch', `cannot watch ${path}; polling goes on`, { error });
    });
  }

  /**
   * The next chunk, or undefined if there is nothing new now: then `wait()`. A chunk's bytes are valid until the
   * next `read()`. An error of the file system is reported and tried again at the next call, never thrown.
   * @throws SourceError `closed`
   */
  read(): Promise<Chunk<L> | undefined> {
    return this.#alone(() => this.#read());
  }

  async #read(): Promise<Chunk<L> | undefined> {
    if (this.#closed) throw new SourceError('closed', `the source of ${this.#path} is closed`);
    const { result: chunk, failure } = await retried(async () => {
      await this.#lookAhead(reservedDeletedBytesMax);
      return await this.#next();
    });
    this.#last = chunk ?? this.#last;
    await this.#readability.afterRead(await this.#obstacleOf(failure), this.#current !== undefined);
    return chunk;
  }

  /**
   * Holds open what is there to be read later, so that its deletion takes nothing. `read()` does so by itself; to be
   * called while reading is paused. `isDiskFull`: files that are deleted already are let go, for the room they take.
   */
  reserve(isDiskFull: boolean): Promise<void> {
    return this.#alone(async () => {
      if (this.#closed) return;
      const { failure } = await retried(() => this.#lookAhead(isDiskFull ? 0 : reservedDeletedBytesMax));
      await this.#readability.whilePaused(await this.#obstacleOf(failure), this.#current !== undefined);
    });
  }

  async #obstacleOf(failure: NodeJS.ErrnoException | undefined): Promise<Obstacle | undefined> {
    return failure && (await obstacleOf(failure, failure.path ?? this.#path));
  }

  /** Looks at the directory, unless it was looked at just now, or the current file still is the live one. */
  async #lookAhead(deletedBytesMax: number): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAheadAt < this.#lookAheadMilliseconds) return;
    this.#lookedAheadAt = now;
    const current = this.#current;
    if (current) current.stat = await current.file.stat();
    const newest = current ? !current.left && current.stat : this.#opener.awaited;
    if (newest) {
      const live = await regularStat(this.#path);
      if (live && isSameInode(live, newest)) return;
    }
    await this.#opener.succession.lookAhead(current, deletedBytesMax);
  }

  /** Resolves when something may be new: a watcher's wake-up, the poll interval, or the abort. Never rejects. */
  wait(signal: AbortSignal): Promise<void> {
    return this.#changeWatcher.wait(signal);
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
    const before = sleep(lagMillisecondsMax, this.#lag, { signal: late.signal, ref: false });
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
    const current = this.#current;
    try {
      const own =
        current && !current.file.compressed ? (await current.file.stat()).size - this.#lines.offset : 0;
      const listed = await this.#opener.survey(current);
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
    await this.#changeWatcher.close();
    await this.#current?.drained?.next?.file.close();
    await this.#current?.file.close();
    await this.#opener.close();
  }

  async #next(): Promise<Chunk<L> | undefined> {
    for (;;) {
      if (!this.#current) {
        const opened = await this.#opener.open();
        if (opened === 'wait') return undefined;
        this.#take(opened);
        if (opened.gap) return opened.gap;
      }
      const current = this.#current;
      if (!current) continue;
      if (!current.atEnd) {
        const cut = await this.#cut(current);
        if (cut === 'changed') {
          await this.#truncated(current);
          continue;
        }
        if (cut) return cut;
      }
      if (current.left) {
        const chunk = await this.#finish(current);
        if (chunk !== 'again') return chunk;
        continue;
      }
      switch (await this.#look(current)) {
        case 'same':
          if (current.stat.size === this.#lines.readTo || current.lookedAt === this.#lines.readTo)
            return undefined;
          current.lookedAt = this.#lines.readTo;
          break;
        case 'truncated':
          await this.#truncated(current);
          continue;
        case 'deleted':
          this.#warnOnce.warn('deleted', `${this.#path} was deleted or moved away while it was being read`, {
            file: current.record.id,
          });
          current.left = true;
          break;
        case 'rotated':
          current.left = true;
          break;
      }
      // Read once more: what was written between the last read and the rename.
      current.atEnd = false;
    }
  }

  #look(current: Current) {
    this.#settle(current);
    return lookAt(this.#path, current, this.#lines.readTo, async () => {
      const listed = await this.#opener.survey({ ...current, isSettled: true });
      return listed.entryOf(current.record.id) !== undefined;
    });
  }

  async #cut(current: Current): Promise<Chunk<L> | 'changed' | undefined> {
    try {
      const cut = await this.#lines.next();
      if (cut?.kind === 'changed') return 'changed';
      if (cut) return this.#chunkOf(current, cut);
    } catch (error) {
      if (!(error instanceof SourceError && error.code === 'corrupt')) throw error;
      current.corrupt = true;
    }
    current.atEnd = true;
    return undefined;
  }

  #chunkOf({ path, record }: Current, cut: Exclude<Cut<L>, { kind: 'changed' }>): Chunk<L> {
    return { path, file: record.id, ...(record.after && { after: record.after }), ...cut };
  }

  /**
   * The end of a file that is no longer live. It has ended when its writer has left it for certain: it has the name
   * that the writer gives when it has closed a file, or the next file has content. Until then (deleted, renamed by
   * somebody else) it is read on.
   */
  async #finish(current: Current): Promise<Chunk<L> | 'again' | undefined> {
    const { record } = current;
    this.#settle(current);
    if (!current.drained) {
      const identity = { record, stat: current.stat, isSettled: true };
      const follow = await this.#opener.succession.follow({ record, proven: true }, identity);
      current.atEnd = false;
      if (follow.finished || (follow.next && follow.next.identity.kind !== 'young')) {
        current.drained = follow;
        return 'again';
      }
      await follow.next?.file.close();
      const there = await regularStat(this.#path);
      current.left = !(there && isSameInode(there, current.stat));
      return undefined;
    }
    const rest = this.#lines.remainder();
    if (rest && rest.kind !== 'changed') return this.#chunkOf(current, rest);
    const position = positionOf(record);
    if (current.corrupt && !record.corrupt) {
      record.corrupt = true;
      this.#warnOnce.log('warn', `${record.path} is damaged; what follows in it is lost`, { ...position });
      return { kind: 'gap', reason: 'corrupt', before: position };
    }
    record.ended = true;
    this.#opener.continueAfter({ record, proven: true }, undefined, current.drained.next);
    await this.#release(current);
    return { kind: 'ended', ...position, path: current.path };
  }

  /** The file was cut in place. If that was copytruncate, the copy still has what was not read, and comes next. */
  async #truncated(current: Current): Promise<void> {
    const { record } = current;
    this.#settle(current);
    record.ended = true;
    record.truncated = true;
    // No line of this file was given out, so a gap cannot name it: the one before it is named.
    const last = record.offset === 0 ? current.before : record;
    const loss = last && lossOf(last, 'truncated', last === record ? this.#lines.readTo : 0);
    this.#opener.continueAfter({ ...(last && { record: last }), proven: false }, loss);
    this.#warnOnce.log('warn', `${this.#path} was truncated while it was being read`, {
      ...positionOf(record),
    });
    await this.#release(current);
  }

  #take({ current, history, beginning }: ReadStart): void {
    this.#current = current;
    this.#lines.open(current.file, current.record.offset, history, beginning);
  }

  /** The size of the open file when it was last looked at; of a compressed one nothing is known. */
  get #sizeSeen(): number {
    return this.#current && !this.#current.file.compressed ? this.#current.stat.size : 0;
  }

  /** Brings the record to where reading is. */
  #settle({ record }: Current): void {
    const { offset } = this.#lines;
    if (offset !== record.offset) record.check = this.#lines.checkAt(offset);
    record.offset = offset;
    record.size = Math.max(record.size, offset, this.#sizeSeen);
  }

  async #release(current: Current): Promise<void> {
    this.#current = undefined;
    this.#warnOnce.clear('deleted');
    // Nothing was written, so nothing is lost by a close that fails.
    await current.file.close().catch(() => undefined);
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
