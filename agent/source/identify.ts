import { fingerprintOf } from './fingerprint.ts';
import { compareBefore, fingerprintIn, readHead } from './head.ts';
import type { Comparison, Head, Open } from './head.ts';
import type { Known } from './known.ts';
import type { Entry } from './entry.ts';
import { isSameInode } from './stat.ts';
import type { FileStat } from './stat.ts';
import type { FileRecord } from './state.ts';

/**
 * What a listed file is: one that is known (`isCopy`: a copy of what was read of it, or of less); a new one; `young`, a live
 * file that is too short yet to be distinguished from others; `empty`, a backup without content; `unreadable`, for now.
 */
export type Identity =
  | { kind: 'known'; record: FileRecord; isCopy?: true }
  | { kind: 'new' | 'young' | 'empty' }
  | { kind: 'unreadable'; error: Error };

/** The current file. It is open, and an inode in use is not given to another file: device and inode are proof of it. */
export interface CurrentIdentity {
  record: FileRecord;
  stat: FileStat;
  /**
   * Its record is at its end, as far as that is known. Only then can another file be recognized as its copy: before, it may
   * just begin like it.
   */
  isSettled?: boolean;
}

/** By stat, which is made anew with each look at a file, and is that of one path. */
const keys = new WeakMap<FileStat, string>();

function keyOf({ stem, compressed, stat }: Entry): string {
  let key = keys.get(stat);
  if (key === undefined) {
    const { device, inode, birthMilliseconds, size, modified } = stat;
    key = [stem, compressed, device, inode, birthMilliseconds, size, modified].join('|');
    keys.set(stat, key);
  }
  return key;
}

/**
 * Tells which listed file is which known one, by content. Each known file is at most one of those listed, so of two
 * files with equal content the hints (inode with birth time, then name, then age) say which is which.
 */
export class Identifier {
  /** What was read of files that have not changed since; only of those last listed. */
  #heads = new Map<string, Head>();
  #comparisons = new Map<string, Comparison>();
  readonly #open: Open;

  constructor(open: Open) {
    this.#open = open;
  }

  async identify(entries: Entry[], known: Known, current?: CurrentIdentity): Promise<Map<Entry, Identity>> {
    const heads = await this.#readHeads(entries);
    const identities = new Map<Entry, Identity>();
    const open = new Set<Entry>();
    for (const [entry, head] of heads) {
      if (head === 'gone') continue;
      identities.set(entry, startingIdentity(entry, head));
      if (identities.get(entry)?.kind === 'new') open.add(entry);
    }
    const records = new Set(known.records);
    const assign = (record: FileRecord, entry: Entry) => {
      identities.set(entry, { kind: 'known', record });
      open.delete(entry);
      records.delete(record);
    };
    if (current) {
      const listed = [...identities.keys()].find((entry) => isSameInode(entry.stat, current.stat));
      if (listed) assign(current.record, listed);
    }
    for (const [entry, { kind }] of identities) {
      if (kind !== 'unreadable') continue;
      const record = known.records.find((one) => entry.stem === one.path && sameInode.fits(entry, one));
      if (record && records.has(record)) assign(record, entry);
    }
    const alikes = Map.groupBy(open, (entry) => fingerprintIn(heads.get(entry)));
    for (const hint of hints) {
      for (const record of records) {
        if (hint === anyFile && record === current?.record && !current.isSettled) continue;
        for (const entry of alikes.get(fingerprintOf(record.id)) ?? []) {
          if (!open.has(entry) || !hint.fits(entry, record)) continue;
          if (!(await this.#isContinued(entry, record, hint.trusted))) continue;
          assign(record, entry);
          break;
        }
      }
    }
    for (const entry of open) {
      const record = await this.#copied(entry, heads.get(entry), known.records);
      if (record) identities.set(entry, { kind: 'known', record, isCopy: true });
    }
    return identities;
  }

  /** Remembers that a file turned out not to continue a known one. */
  refuse(entry: Entry, record: FileRecord): void {
    this.#comparisons.set(comparisonKey(entry, record), 'other');
  }

  async #readHeads(entries: Entry[]): Promise<Map<Entry, Head>> {
    const heads = new Map<Entry, Head>();
    const cache = new Map<string, Head>();
    for (const entry of entries) {
      const key = keyOf(entry);
      const head = this.#heads.get(key) ?? (await readHead(this.#open, entry));
      heads.set(entry, head);
      if (head !== 'gone' && !(head instanceof Error)) cache.set(key, head);
    }
    this.#heads = cache;
    for (const key of this.#comparisons.keys()) {
      const entryKey = key.slice(0, key.lastIndexOf('|', key.lastIndexOf('|') - 1));
      if (!cache.has(entryKey)) this.#comparisons.delete(key);
    }
    return heads;
  }

  /**
   * Whether the file holds, before the record's offset, the bytes that were read there. A compressed file under the
   * known name is taken at its word: when it is read on, the bytes before are checked anyway.
   */
  async #isContinued(entry: Entry, record: FileRecord, trusted: boolean): Promise<boolean> {
    if (!entry.compressed && entry.stat.size < record.offset) return false;
    if (entry.compressed && trusted && !this.#comparisons.has(comparisonKey(entry, record))) return true;
    return (await this.#compare(entry, record)) === 'same';
  }

  async #compare(entry: Entry, record: FileRecord): Promise<Comparison> {
    const key = comparisonKey(entry, record);
    const known = this.#comparisons.get(key);
    if (known !== undefined) return known;
    const comparison = await compareBefore(this.#open, entry, record.offset, record.check);
    this.#comparisons.set(key, comparison);
    return comparison;
  }

  /**
   * logrotate's copytruncate leaves a copy of the file that was cut; if we had read more than was copied, the copy is
   * shorter than what we read and has nothing new. The size of a compressed one says nothing about that. And a file that is
   * held though it is gone may have been read already, in its compressed form under a name that it was not seen under.
   */
  async #copied(
    entry: Entry,
    head: Head | undefined,
    records: readonly FileRecord[],
  ): Promise<FileRecord | undefined> {
    if (entry.backup === undefined || entry.backup.rotatedAt !== undefined) return undefined;
    for (const record of records) {
      const isWhole = entry.gone && entry.stat.size === record.offset;
      const isAlike = fingerprintIn(head) === fingerprintOf(record.id);
      if (isWhole && isAlike && (await this.#compare(entry, record)) === 'same') return record;
      if (record.truncated !== true || fingerprintIn(head) !== fingerprintOf(record.id)) continue;
      const isShort = entry.compressed
        ? (await this.#compare(entry, record)) === 'shorter'
        : entry.stat.size <= record.offset;
      if (isShort) return record;
    }
    return undefined;
  }
}

const comparisonKey = (entry: Entry, record: FileRecord) => `${keyOf(entry)}|${record.id}|${record.offset}`;

interface Hint {
  fits: (entry: Entry, record: FileRecord) => boolean;
  trusted: boolean;
}

const sameInode: Hint = {
  fits: ({ compressed, stat }, record) =>
    !compressed && isSameInode(stat, record) && stat.birthMilliseconds === record.birthMilliseconds,
  trusted: false,
};

const anyFile: Hint = { fits: () => true, trusted: false };

/** In the order of their weight. A live file's name says nothing: the next one gets the same. */
const hints: Hint[] = [
  sameInode,
  { fits: ({ backup, stem }, record) => backup !== undefined && stem === record.path, trusted: true },
  anyFile,
];

function startingIdentity(entry: Entry, head: Exclude<Head, 'gone'>): Identity {
  if (head instanceof Error) return { kind: 'unreadable', error: head };
  if (head.complete) return { kind: 'new' };
  if (!entry.backup) return { kind: 'young' };
  return { kind: head.empty ? 'empty' : 'new' };
}
