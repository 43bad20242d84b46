import type { FileHandle } from 'node:fs/promises';
import { isBornAtRename } from './birth.ts';
import { isFileSystemError } from './error.ts';
import type { CurrentIdentity, Identity } from './identify.ts';
import type { Entry } from './entry.ts';
import { compareNames } from './names.ts';
import type { BackupName } from './names.ts';
import { fileOn, openHandle } from './open-file.ts';
import type { OpenFile } from './open-file.ts';
import { Sightings } from './sightings.ts';
import { fileKey, fileStat, isSameInode, placeKey } from './stat.ts';
import type { FileStat } from './stat.ts';

/** The most unread files held open: a descriptor each, a quarter of the customary limit of 1,024. The oldest: they are deleted first. */
export const reservedFilesMax = 256;

/**
 * Deleted files take up disk space while they are held, on the disk that etcd needs: no further one is held once there
 * is this much. Ten files of kube-apiserver's customary 100 MiB.
 */
export const reservedDeletedBytesMax = 1024 ** 3;

/** An unread file held open, so that neither deletion nor compression takes its bytes away before they are read. */
export class ReservedFile {
  /** As last listed; `gone` since then, perhaps. */
  entry: Entry;
  /** The newest backup name there was when this was last seen as the live file: it came after that. */
  behind: BackupName | undefined;
  /** The file before it, where a listing proved that one: its `placeKey` if it was open then, else its `fileKey`. */
  after: string | undefined;
  /** The most bytes it was seen to have. */
  sizeSeen: number;
  readonly #handle: FileHandle;
  #users = 1;

  constructor(handle: FileHandle, entry: Entry) {
    this.#handle = handle;
    this.entry = entry;
    this.sizeSeen = entry.stat.size;
  }

  /** The same file for one more reader, who closes it; undefined if nobody holds it any more. */
  open(): OpenFile | undefined {
    if (this.#users === 0) return undefined;
    this.#users += 1;
    return fileOn(this.#handle, this.entry.compressed, () => this.close());
  }

  /** Whether it was proven to follow the file with this stat. */
  isAfter(before: FileStat): boolean {
    return this.after !== undefined && [placeKey(before), fileKey(before)].includes(this.after);
  }

  async stat(): Promise<FileStat> {
    const stat = fileStat(await this.#handle.stat({ bigint: true }));
    this.sizeSeen = Math.max(this.sizeSeen, stat.size);
    return stat;
  }

  async close(): Promise<void> {
    this.#users -= 1;
    // Nothing was written, so nothing is lost by a close that fails.
    if (this.#users === 0) await this.#handle.close().catch(() => undefined);
  }
}

/** The files that wait to be read, held open while the one before them is read. */
export class Reserved {
  #files: ReservedFile[] = [];
  /** Which listed entry is which of the files; an entry whose file was let go since is in here too. */
  readonly #fileOf = new WeakMap<Entry, ReservedFile>();
  #newest: BackupName | undefined;
  readonly #sightings = new Sightings();
  /** What is proven of files that are not held yet: by `fileKey`, as `after` of those that are. */
  #proven = new Map<string, string>();

  /** The file that is held open for what a listing showed. */
  of(entry: Entry): ReservedFile | undefined {
    return this.#fileOf.get(entry);
  }

  /**
   * Opens what a listing showed: of a file that is held, its descriptor. Undefined if the path leads elsewhere by now, or if
   * the file was held and was let go since.
   * @throws file system errors
   */
  async open(entry: Entry): Promise<OpenFile | undefined> {
    const file = this.of(entry);
    if (file) return file.open();
    const handle = await openHandle(entry.path, entry.stat);
    return handle && fileOn(handle, entry.compressed, () => handle.close());
  }

  /**
   * The listing, and in their places the held files that vanished from it. A held file whose compressed form is listed
   * stands for it: its bytes are there without decompression.
   */
  async merge(path: string, current?: CurrentIdentity): Promise<Entry[]> {
    const listed = await this.#sightings.list(path);
    if (current) await this.release(current.stat);
    for (const { backup } of listed) {
      if (backup && !(this.#newest && compareNames(backup, this.#newest) <= 0)) this.#newest = backup;
    }
    const vanished: Entry[] = [];
    for (const file of this.#files) {
      const stat = await file.stat();
      const entry = listed.find((one) => isSameInode(one.stat, stat));
      if (entry) {
        file.entry = entry;
        this.#fileOf.set(entry, file);
        if (!entry.backup) file.behind = this.#newest;
      } else if (stat.size > 0) {
        file.entry = goneEntry(file, stat, listed);
        this.#fileOf.set(file.entry, file);
        vanished.push(file.entry);
      }
    }
    if (vanished.length === 0) return listed;
    const stems = new Set(vanished.map(({ stem }) => stem));
    const rest = listed.filter(({ compressed, stem }) => !(compressed && stems.has(stem)));
    const [backups, live] = [rest.filter(({ backup }) => backup), rest.filter(({ backup }) => !backup)];
    // Of equal names the vanished one is older: lumberjack overwrote it in the same millisecond.
    const all = [...vanished, ...backups];
    all.sort((a, b) => (a.backup && b.backup ? compareNames(a.backup, b.backup) : 0));
    return [...all, ...live];
  }

  /** Opens what is unread, closes what is read or beyond the bounds. Returns whether it opened anything. */
  async reserve(unread: readonly Entry[], deletedBytesMax: number): Promise<boolean> {
    const reserved: ReservedFile[] = [];
    let opened = false;
    let deletedBytes = 0;
    for (const entry of unread) {
      if (reserved.length === reservedFilesMax) break;
      const { stat } = entry;
      if (stat.links === 0 && deletedBytes >= deletedBytesMax) continue;
      if (stat.links === 0) deletedBytes += stat.size;
      const known = this.of(entry);
      const file = known ?? (await reservedFile(entry, this.#proven));
      if (!file) continue;
      if (!entry.backup) file.behind = this.#newest;
      opened ||= !known;
      reserved.push(file);
    }
    for (const file of this.#files) if (!reserved.includes(file)) await file.close();
    this.#files = reserved;
    return opened;
  }

  /**
   * Notes which file follows which, as the succession rule has it (docs/seal-format.md §2), from a listing that began after
   * they were held or seen. Once proven it stays true, whatever is deleted afterwards.
   */
  link(
    entries: readonly Entry[],
    identityOf: (entry: Entry) => Identity,
    current: CurrentIdentity | undefined,
  ): void {
    this.#proven = new Map();
    for (const [at, entry] of entries.entries()) {
      const from = entries[at - 1];
      const file = this.of(entry);
      if (!from || entry.gone || from.gone || !isBornAtRename(from, entry)) continue;
      if (!file && !this.#sightings.isEarlier(entry)) continue;
      const identity = identityOf(from);
      const isCurrent = identity.kind === 'known' && identity.record === current?.record;
      const before = isCurrent ? current.stat : this.of(from)?.entry.stat;
      // Device and inode are proof later on of an open file only; of others it takes the birth time, too.
      const after = before ? placeKey(before) : fileKey(from.stat);
      if (after === undefined) continue;
      if (file) file.after ??= after;
      const key = fileKey(entry.stat);
      if (!file && key !== undefined) this.#proven.set(key, after);
    }
  }

  /** Releases what has become the current file. */
  async release(stat: FileStat): Promise<void> {
    for (const file of this.#files) if (isSameInode(file.entry.stat, stat)) await file.close();
    this.#files = this.#files.filter((file) => !isSameInode(file.entry.stat, stat));
  }

  async close(): Promise<void> {
    for (const file of this.#files.splice(0)) await file.close();
  }
}

/** What cannot be opened now is not reserved; reading it later reports why. */
async function reservedFile(
  entry: Entry,
  proven: ReadonlyMap<string, string>,
): Promise<ReservedFile | undefined> {
  try {
    const handle = await openHandle(entry.path, entry.stat);
    if (!handle) return undefined;
    const file = new ReservedFile(handle, entry);
    const stat = await file.stat().catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    file.after = proven.get(fileKey(stat) ?? '');
    return file;
  } catch (error) {
    if (isFileSystemError(error)) return undefined;
    throw error;
  }
}

function goneEntry(file: ReservedFile, stat: FileStat, listed: Entry[]): Entry {
  const { entry } = file;
  const isCompressed = listed.some(({ compressed, stem }) => compressed && stem === entry.stem);
  const backup = entry.backup ?? unnamed(entry, file.behind);
  const { gone: _gone, ...rest } = entry;
  return { ...rest, backup, stat, ...(isCompressed ? {} : { gone: true }) };
}

/** A live file that vanished before it was seen under a backup name: it came right behind the newest there was then. */
function unnamed({ stem }: Entry, behind: BackupName | undefined): BackupName {
  const { rank, order } = behind ?? { rank: 0, order: '' };
  return { stem, compressed: false, rank, order: `${order}~` };
}
