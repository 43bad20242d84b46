import type { Chunk, FilePosition, GapChunk, LongLineSink } from './chunk.ts';
import { Complaints } from './complaints.ts';
import { isFileSystemError, SourceError } from './error.ts';
import { BEGINNING_BYTES_MAX, beginningOf, checkOf } from './fingerprint.ts';
import type { Beginning } from './fingerprint.ts';
import { historyOf, holeEnd, lookAt } from './held.ts';
import type { Held } from './held.ts';
import { Identifier } from './identify.ts';
import { Known } from './known.ts';
import { LineReader } from './lines.ts';
import type { Cut } from './lines.ts';
import { livePaths, regularStat } from './listing.ts';
import type { Entry } from './listing.ts';
import { openListed, readStretch } from './open-file.ts';
import type { OpenFile } from './open-file.ts';
import type { SourceOptions } from './options.ts';
import { sameInode } from './stat.ts';
import { emptyTailState } from './state.ts';
import type { FileRecord, TailState } from './state.ts';
import { Succession } from './succession.ts';
import type { Anchor, Pinned } from './succession.ts';
import { Waker } from './waker.ts';

const CHUNK_BYTES_DEFAULT = 1024 * 1024;

/** What must be reported before the next line: the position after which something is missing. */
type Loss = Pick<GapChunk, 'reason' | 'bytesMin'> & { before: FilePosition };

/**
 * One audit.log and its rotated backups as one stream of whole lines: oldest first, each once, nothing skipped
 * without a gap that says so. Identity is content, never an inode; the open file is held across renames and
 * drained; what follows it is decided by the succession rule of docs/seal-format.md §2.
 *
 * Not for concurrent use: one `read()` at a time, and no `read()` during `close()`.
 */
export class Source<L extends LongLineSink = LongLineSink> {
  readonly #path: string;
  readonly #initial: TailState;
  readonly #known: Known;
  readonly #succession: Succession;
  readonly #identifier = new Identifier();
  readonly #lines: LineReader<L>;
  readonly #waker: Waker;
  readonly #complaints: Complaints;
  readonly #tell: SourceOptions['tell'];
  #held: Held | undefined;
  /** What comes next, held open until it has content. */
  #awaiting: Pinned | undefined;
  /** After which file to go on; undefined until the saved position was found again. */
  #anchor: Anchor | undefined;
  #loss: Loss | undefined;
  #last: Chunk<L> | undefined;
  #target: string | undefined;
  #absences = 0;
  #closed = false;

  constructor(options: SourceOptions<L>) {
    const { path, lineBytesMax, chunkBytesMax = CHUNK_BYTES_DEFAULT, pollMilliseconds, longLine } = options;
    this.#path = path;
    this.#tell = options.tell;
    this.#initial = options.state ?? emptyTailState;
    this.#known = new Known(path, this.#initial);
    this.#succession = new Succession(path, this.#identifier, this.#known);
    this.#lines = new LineReader({ lineBytesMax, chunkBytesMax }, longLine);
    this.#complaints = new Complaints(options.tell);
    this.#waker = new Waker(path, pollMilliseconds, options.watch ?? true, (error) => {
      this.#complaints.say('watch', `cannot watch ${path}; polling goes on`, { error });
    });
  }

  /**
   * The next chunk, or undefined if there is nothing new now: then `wait()`. A chunk's bytes are valid until the
   * next `read()`. Trouble with the file system is told and retried at the next call, never thrown.
   * @throws SourceError `closed`
   */
  async read(): Promise<Chunk<L> | undefined> {
    if (this.#closed) throw new SourceError('closed', `the source of ${this.#path} is closed`);
    try {
      const chunk = await this.#next();
      this.#complaints.over('read');
      this.#last = chunk ?? this.#last;
      return chunk;
    } catch (error) {
      if (!isFileSystemError(error)) throw error;
      const where = error.path ?? this.#path;
      this.#complaints.say(
        `read ${error.code} ${where}`,
        `cannot read ${where} (${error.code}); trying again`,
        {
          error,
        },
      );
      return undefined;
    }
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
    const files = this.#known.records.map((record) => {
      if (!isRead || record.id !== chunk.file) return { ...record };
      return {
        ...record,
        offset,
        check: this.#lines.checkAt(offset),
        size: Math.max(record.size, chunk.end, this.#sizeSeen),
      };
    });
    const { floor } = this.#known;
    return { v: 1, ...(current && { current }), files, ...(floor && { floor }) };
  }

  /** Uncompressed bytes not read yet, as far as the directory shows; compressed backups count as nothing. */
  async lagBytes(): Promise<number> {
    const held = this.#held;
    try {
      const own = held && !held.file.compressed ? (await held.file.stat()).size - this.#lines.offset : 0;
      const listed = await this.#succession.survey(held);
      return listed.entries.reduce(
        (sum, entry) => {
          if (entry.compressed || !listed.isUnread(entry)) return sum;
          const identity = listed.identityOf(entry);
          return sum + entry.stat.size - (identity.kind === 'known' ? identity.record.offset : 0);
        },
        Math.max(0, own),
      );
    } catch (error) {
      if (isFileSystemError(error)) return 0;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#waker.close();
    await this.#held?.drained?.next?.file.close();
    await this.#held?.file.close();
    await this.#awaiting?.file.close();
  }

  async #next(): Promise<Chunk<L> | undefined> {
    for (;;) {
      if (!this.#held) {
        const opened = await this.#open();
        if (opened === 'wait') return undefined;
        if (opened !== 'opened') return opened;
      }
      const held = this.#held;
      if (!held) continue;
      if (!held.atEnd) {
        const cut = await this.#cut(held);
        if (cut === 'changed') await this.#truncated(held);
        else if (cut) return cut;
        if (cut) continue;
      }
      if (held.left) {
        const chunk = await this.#finish(held);
        if (chunk !== 'again') return chunk;
        continue;
      }
      switch (await this.#look(held)) {
        case 'same':
          if (held.stat.size === this.#lines.readTo) return undefined;
          break;
        case 'truncated':
          await this.#truncated(held);
          break;
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
    return lookAt(this.#path, held, this.#lines.readTo, async () => {
      const listed = await this.#succession.survey(held);
      return listed.entryOf(held.record.id) !== undefined;
    });
  }

  async #cut(held: Held): Promise<Chunk<L> | 'changed' | undefined> {
    try {
      const cut = await this.#lines.next(!held.left);
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
      const follow = await this.#succession.follow({ record, proven: true }, held);
      held.atEnd = false;
      if (follow.finished || (follow.next && (await hasIdentity(follow.next)))) {
        held.drained = follow;
        return 'again';
      }
      await follow.next?.file.close();
      const there = await regularStat(this.#path);
      held.left = !(there && sameInode(there, held.stat));
      return undefined;
    }
    const rest = this.#lines.remainder();
    if (rest && rest.kind !== 'changed') return this.#chunkOf(held, rest);
    const position = positionOf(record);
    if (held.corrupt && !record.corrupt) {
      record.corrupt = true;
      this.#tell?.('warn', `${record.path} is damaged; what follows in it is lost`, { ...position });
      return { kind: 'gap', reason: 'corrupt', before: position };
    }
    record.ended = true;
    this.#anchor = { record, proven: true };
    this.#awaiting = held.drained.next;
    await this.#release(held);
    return { kind: 'ended', ...position, path: held.path };
  }

  /** The file was cut in place. If that was copytruncate, the copy still has what was not read. */
  async #truncated(held: Held): Promise<void> {
    const { record } = held;
    this.#settle(held);
    const size = Math.max(record.size, this.#lines.readTo);
    const listed = await this.#succession.survey();
    const copy = listed.entryOf(record.id);
    const file = copy && (await openListed(copy));
    await this.#release(held);
    if (copy && file && (await this.#hold(file, copy, record))) return;
    record.ended = true;
    record.truncated = true;
    this.#anchor = { record, proven: false };
    const bytesMin = size - record.offset;
    this.#loss = { reason: 'truncated', before: positionOf(record), ...(bytesMin > 0 && { bytesMin }) };
    this.#tell?.('warn', `${this.#path} was truncated while it was being read`, { ...this.#loss.before });
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
    await held.file.close();
  }

  async #open(): Promise<GapChunk | 'opened' | 'wait'> {
    if (!this.#anchor) {
      const resumed = await this.#resume();
      if (resumed) return resumed;
    }
    for (;;) {
      const anchor = (this.#anchor ??= { proven: true });
      const next = (this.#awaiting ??= (await this.#succession.follow(anchor)).next);
      if (!next) {
        // Not the 0.3 ms of a rotation, during which the live file is absent.
        if (++this.#absences > 2) {
          this.#complaints.say('absent', `there is nothing to read at ${this.#path}; waiting`, {});
        }
        return 'wait';
      }
      const beginning = await this.#beginningOf(next);
      if (!beginning) return 'wait';
      this.#awaiting = undefined;
      if (beginning.bytes === 0 && !beginning.corrupt) {
        await this.#skipEmpty(next, anchor);
        continue;
      }
      const adopted = await this.#adopt(next, beginning, anchor);
      if (adopted) return adopted;
    }
  }

  /** Finds the saved position again, wherever its file is now. Undefined: go on with what follows. */
  async #resume(): Promise<'opened' | 'wait' | undefined> {
    const record = this.#known.get(this.#initial.current);
    if (!record || (record.ended && !record.truncated)) {
      this.#anchor = { ...(record && { record }), proven: true };
      return undefined;
    }
    const live = await regularStat(this.#path);
    const sameFile = live && sameInode(live, record) && live.birthMilliseconds === record.birthMilliseconds;
    if (!record.truncated) {
      const located = await this.#succession.locate(record);
      if (located === 'busy') return 'wait';
      if (located !== 'absent') {
        return (await this.#hold(located.file, located.entry, record)) ? 'opened' : 'wait';
      }
    }
    const cut = record.truncated ?? (sameFile && record.birthMilliseconds > 0);
    const bytesMin = record.size - record.offset;
    const reason = cut ? 'truncated' : 'deleted';
    this.#loss = { reason, before: positionOf(record), ...(bytesMin > 0 && { bytesMin }) };
    this.#anchor = { record, proven: false };
    this.#tell?.('warn', `${record.path} is ${reason}; lines may be lost`, { ...this.#loss });
    return undefined;
  }

  async #followLink(): Promise<void> {
    const [target] = await livePaths(this.#path);
    if (target !== this.#path && target !== this.#target) {
      this.#tell?.('info', `${this.#path} is a symbolic link; following it`, { target });
    }
    this.#target = target;
  }

  /** What the file begins with; undefined while a live file is too short to say, and may still grow. */
  async #beginningOf(next: Pinned): Promise<(Beginning & { corrupt: boolean }) | undefined> {
    let head = await readStretch(next.file, 0, BEGINNING_BYTES_MAX);
    if (!next.entry.backup && !beginningOf(head.bytes).complete) {
      const now = await regularStat(this.#path);
      if (now && sameInode(now, next.entry.stat)) return undefined;
      head = await readStretch(next.file, 0, BEGINNING_BYTES_MAX);
    }
    return { ...beginningOf(head.bytes), corrupt: head.corrupt };
  }

  /** An empty file holds no line and is no link of the chain, but its own rename is what its successor follows. */
  async #skipEmpty({ entry, file, proven }: Pinned, anchor: Anchor): Promise<void> {
    const listed = await this.#succession.survey();
    const there = listed.entries.find(({ backup, stat }) => backup && sameInode(stat, entry.stat));
    const emptyStem = entry.backup ? entry.stem : there?.stem;
    const { record } = anchor;
    this.#anchor = {
      ...(record && { record }),
      ...(emptyStem && { emptyStem }),
      proven: proven && emptyStem !== undefined,
    };
    await file.close();
  }

  /** Takes up the next file; undefined if it turned out to be another than its name said. */
  async #adopt(
    { file, entry, identity, proven }: Pinned,
    { fingerprint }: Beginning,
    anchor: Anchor,
  ): Promise<GapChunk | 'opened' | undefined> {
    const known = identity.kind === 'known' ? identity.record : undefined;
    const record = known ?? newRecord(this.#known.newId(fingerprint), entry);
    if (!known && this.#loss?.reason === 'truncated' && !entry.compressed) await skipHole(file, record);
    if (!(await this.#hold(file, entry, record))) return undefined;
    if (!known) this.#known.add(record);
    const before = anchor.record;
    const follows = proven && !this.#loss && record.offset === 0;
    delete record.after;
    if (before && follows) record.after = before.id;
    record.ended = false;
    const loss =
      this.#loss ?? (before && !follows && { reason: 'unproven' as const, before: positionOf(before) });
    this.#loss = undefined;
    this.#forget(record, before);
    this.#complaints.over('absent');
    this.#absences = 0;
    await this.#followLink();
    return loss ? { kind: 'gap', ...loss, after: positionOf(record) } : 'opened';
  }

  #forget(record: FileRecord, before: FileRecord | undefined): void {
    this.#known.forget(this.#succession.listed, new Set([record.id, ...(before ? [before.id] : [])]));
  }

  async #hold(file: OpenFile, entry: Entry, record: FileRecord): Promise<boolean> {
    const history = await historyOf(file, record);
    if (!history) {
      this.#identifier.refuse(entry, record);
      await file.close();
      return false;
    }
    this.#lines.open(file, record.offset, history);
    const stat = await file.stat();
    const { device, inode, birthMilliseconds } = stat;
    Object.assign(record, { path: entry.stem, device, inode, birthMilliseconds });
    const left = entry.backup !== undefined;
    this.#held = { file, record, path: entry.path, stat, left, atEnd: false, corrupt: false };
    return true;
  }
}

function positionOf({ path, id, offset }: FileRecord): FilePosition {
  return { path, file: id, offset };
}

function newRecord(id: string, { stem, stat }: Entry): FileRecord {
  const { device, inode, birthMilliseconds } = stat;
  const check = checkOf(Buffer.alloc(0));
  return { id, path: stem, device, inode, birthMilliseconds, offset: 0, check, size: 0, ended: false };
}

async function skipHole(file: OpenFile, record: FileRecord): Promise<void> {
  record.offset = await holeEnd(file);
  const { bytes } = await readStretch(file, Math.max(0, record.offset - BEGINNING_BYTES_MAX), record.offset);
  record.check = checkOf(bytes);
}

async function hasIdentity({ file, entry }: Pinned): Promise<boolean> {
  if (entry.backup) return true;
  return beginningOf((await readStretch(file, 0, BEGINNING_BYTES_MAX)).bytes).complete;
}
