import { basename } from 'node:path';
import type { FilePosition, GapChunk } from './chunk.ts';
import type { WarnOnce } from './warn-once.ts';
import { beginningBytesMax, beginningOf, checkBytesMax, checkOf } from './fingerprint.ts';
import type { Beginning } from './fingerprint.ts';
import { historyOf, holeEnd } from './current.ts';
import type { Current } from './current.ts';
import { Identifier } from './identify.ts';
import type { CurrentIdentity } from './identify.ts';
import { Reserved } from './reserved.ts';
import { Known, newRecord, positionOf } from './known.ts';
import { livePaths, strangersOf } from './listing.ts';
import type { Entry } from './entry.ts';
import { readStretch } from './open-file.ts';
import type { OpenFile } from './open-file.ts';
import { isSameInode, regularStat } from './stat.ts';
import type { FileStat } from './stat.ts';
import type { FileRecord, TailState } from './state.ts';
import { Succession } from './succession.ts';
import type { Anchor, Candidate } from './succession.ts';
import type { Survey } from './survey.ts';

/** What must be reported before the next line: the position after which something is missing. */
export type Loss = Pick<GapChunk, 'reason' | 'bytesMin'> & { before: FilePosition };

/** A file ready to be read on at its record's offset. */
export interface ReadStart {
  current: Current;
  /** The min(1024, offset) bytes before the offset. */
  history: Buffer;
  /** The bytes by which a new file was identified. */
  beginning?: Buffer;
  gap?: GapChunk;
}

type Begun = Beginning & { head: Buffer; corrupt: boolean };

/** Looks this often before saying that there is nothing: for 0.3 ms of each rotation there is no live file. */
const absencesMax = 2;

/** Opens one file after the other: the saved position first, then whatever follows the last file. */
export class Opener {
  readonly known: Known;
  readonly succession: Succession;
  readonly #path: string;
  readonly #current: string | undefined;
  readonly #reserved = new Reserved();
  readonly #identifier = new Identifier((entry) => this.#reserved.open(entry));
  readonly #warnOnce: WarnOnce;
  /** What comes next, held open until it has content. */
  #awaiting: Candidate | undefined;
  /** After which file to go on; undefined until the saved position was found again. */
  #anchor: Anchor | undefined;
  #loss: Loss | undefined;
  #absences = 0;
  #target: string | undefined;

  constructor(path: string, state: TailState, warnOnce: WarnOnce) {
    this.#path = path;
    this.#current = state.current;
    this.#warnOnce = warnOnce;
    this.known = new Known(path, state);
    this.succession = new Succession(path, this.#identifier, this.known, this.#reserved);
  }

  /** The live file, if it is what is waited for. */
  get awaited(): FileStat | undefined {
    const entry = this.#awaiting?.entry;
    return entry?.backup ? undefined : entry?.stat;
  }

  survey(current?: CurrentIdentity): Promise<Survey> {
    return this.succession.survey(current);
  }

  /** Sets after which file the next `open()` continues; `next`: already found and held open. */
  continueAfter(anchor: Anchor, loss?: Loss, next?: Candidate): void {
    this.#anchor = anchor;
    this.#loss = loss;
    this.#awaiting = next;
  }

  async close(): Promise<void> {
    await this.#awaiting?.file.close();
    await this.#reserved.close();
  }

  /** @throws file system errors */
  async open(): Promise<ReadStart | 'wait'> {
    if (!this.#anchor) {
      await this.#sayStrangers();
      const resumed = await this.#resume();
      if (resumed) return resumed;
    }
    for (;;) {
      const anchor = (this.#anchor ??= { proven: true });
      const next = (this.#awaiting ??= (await this.succession.follow(anchor)).next);
      const beginning = next && (await this.#beginningOf(next));
      if (!next || !beginning) {
        if (!next && ++this.#absences > absencesMax && !this.#warnOnce.isOpen('read')) {
          this.#warnOnce.warn('absent', `there is nothing new to read at ${this.#path}; waiting for it`, {});
        }
        return 'wait';
      }
      if (beginning.bytes === 0 && !beginning.corrupt) {
        this.#anchor = await this.#behindEmpty(next, anchor);
      } else {
        await this.#sayLink();
        const adopted = await this.#adopt(next, beginning, anchor);
        if (adopted) {
          this.#awaiting = undefined;
          return adopted;
        }
      }
      this.#awaiting = undefined;
      await next.file.close();
    }
  }

  /** Finds the saved position again, wherever its file is now. Undefined: go on with what follows. */
  async #resume(): Promise<ReadStart | 'wait' | undefined> {
    const record = this.known.get(this.#current);
    if (!record || (record.ended && !record.truncated)) {
      this.#anchor = { ...(record && { record }), proven: true };
      return undefined;
    }
    const wasCut = record.truncated ?? (await this.#isLiveFileOf(record));
    if (!record.truncated) {
      const located = await this.succession.locate(record);
      if (located === 'busy') return 'wait';
      if (located !== 'absent')
        return (await this.#startOrClose(located.file, located.entry, record)) ?? 'wait';
    }
    this.#loss = lossOf(record, wasCut ? 'truncated' : 'deleted', record.size);
    this.#anchor = { record, proven: false };
    this.#warnOnce.warn('lost', `${record.path} was ${this.#loss.reason}; lines may be lost`, {
      ...this.#loss,
    });
    return undefined;
  }

  /** Whether the live path still leads to the very file of the record, whatever is in it now. */
  async #isLiveFileOf(record: FileRecord): Promise<boolean> {
    const live = await regularStat(this.#path);
    const born = live?.birthMilliseconds;
    return live !== undefined && born !== 0 && born === record.birthMilliseconds && isSameInode(live, record);
  }

  /** What the file begins with; undefined while a live file is too short to say, and may still grow. */
  async #beginningOf({ file, entry }: Candidate): Promise<Begun | undefined> {
    let head = await readStretch(file, 0, beginningBytesMax);
    if (!entry.backup && !beginningOf(head.bytes).complete) {
      const live = await regularStat(this.#path);
      if (live && isSameInode(live, entry.stat)) return undefined;
      head = await readStretch(file, 0, beginningBytesMax);
    }
    const beginning = beginningOf(head.bytes);
    return { ...beginning, head: head.bytes.subarray(0, beginning.bytes), corrupt: head.corrupt };
  }

  /**
   * An empty file holds no line and is no link of the chain, but its own rename is what its successor follows. If it
   * cannot be found any more (compressed, so under another inode), the rule is applied again from the file before.
   */
  async #behindEmpty({ entry, proven }: Candidate, anchor: Anchor): Promise<Anchor> {
    const listed = await this.survey();
    const there = listed.entries.find(({ backup, stat }) => backup && isSameInode(stat, entry.stat));
    const emptyStem = entry.backup ? entry.stem : there?.stem;
    return emptyStem ? { ...anchor, emptyStem, proven } : anchor;
  }

  /** Takes up the next file; undefined if it turned out to be another than its name said. */
  async #adopt(
    { file, entry, identity, proven }: Candidate,
    { fingerprint, head }: Begun,
    anchor: Anchor,
  ): Promise<ReadStart | undefined> {
    const known = identity.kind === 'known' ? identity.record : undefined;
    const record = known ?? newRecord(this.known.newId(fingerprint), entry);
    const before = anchor.record;
    // Cut while it waited: what had been seen in it and was not read is lost, or in a copy elsewhere.
    const reserved = this.#reserved.of(entry);
    const isCut = reserved !== undefined && (await file.stat()).size < reserved.sizeSeen;
    if (isCut && before && !known) this.#loss ??= { reason: 'truncated', before: positionOf(before) };
    const follows = proven && !this.#loss && record.offset === 0;
    if (!known && before && !follows && !entry.compressed) await skipHole(file, record);
    const opened = await this.#start(file, entry, record);
    if (!opened) return undefined;
    if (before && record !== before) opened.current.before = before;
    if (record.offset === 0) opened.beginning = head;
    if (!known) this.known.add(record);
    record.ended = false;
    delete record.truncated;
    // The same file read on (its copy, or it has grown) joins what was read of it.
    if (record !== before) {
      delete record.after;
      if (before && follows) record.after = before.id;
    }
    const joins = !before || follows || record === before;
    const loss = joins
      ? undefined
      : (this.#loss ?? { reason: 'unproven' as const, before: positionOf(before) });
    this.#loss = undefined;
    this.known.forget(this.succession.listed, new Set([record.id, ...(before ? [before.id] : [])]));
    this.#absences = 0;
    this.#warnOnce.clear('absent');
    return loss ? { ...opened, gap: { kind: 'gap', ...loss, after: positionOf(record) } } : opened;
  }

  async #start(file: OpenFile, entry: Entry, record: FileRecord): Promise<ReadStart | undefined> {
    const history = await historyOf(file, record);
    if (!history) {
      this.#identifier.refuse(entry, record);
      return undefined;
    }
    const stat = await file.stat();
    const { device, inode, birthMilliseconds } = stat;
    Object.assign(record, { path: entry.stem, device, inode, birthMilliseconds });
    await this.#reserved.release(stat);
    const left = entry.backup !== undefined;
    return { current: { file, record, path: entry.path, stat, left, atEnd: false, corrupt: false }, history };
  }

  async #startOrClose(file: OpenFile, entry: Entry, record: FileRecord): Promise<ReadStart | undefined> {
    let opened: ReadStart | undefined;
    try {
      opened = await this.#start(file, entry, record);
      return opened;
    } finally {
      if (!opened) await file.close();
    }
  }

  /** What lies beside the log and is passed over may be what an auditor asks for later. */
  async #sayStrangers(): Promise<void> {
    for (const path of await strangersOf(this.#path)) {
      this.#warnOnce.warn(
        `stranger ${path}`,
        `${path} lies beside the log, and no rotation that is known gives such a name: it is not read; ` +
          `if it holds audit events, rename it to ${basename(this.#path)}.1 (or the next free number) before the agent starts`,
        { 'file.path': path },
      );
    }
  }

  async #sayLink(): Promise<void> {
    const [target] = await livePaths(this.#path);
    if (target !== this.#path && target !== this.#target) {
      this.#warnOnce.log('info', `${this.#path} is a symbolic link; following it`, { target });
    }
    this.#target = target;
  }
}

/** A loss after what was read of a file whose size was known to be `size` at least. */
export function lossOf(record: FileRecord, reason: Loss['reason'], size: number): Loss {
  const bytesMin = size - record.offset;
  return { reason, before: positionOf(record), ...(bytesMin > 0 && { bytesMin }) };
}

/** Moves the beginning behind a hole. Only behind a gap: what comes without one is given as it is. */
async function skipHole(file: OpenFile, record: FileRecord): Promise<void> {
  record.offset = await holeEnd(file);
  const { bytes } = await readStretch(file, Math.max(0, record.offset - checkBytesMax), record.offset);
  record.check = checkOf(bytes);
}
