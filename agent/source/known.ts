import { basename } from 'node:path';
import type { FileId, FilePosition } from './chunk.ts';
import { backupNames } from './names.ts';
import { filesMax } from './state.ts';
import type { FileRecord, TailState } from './state.ts';
import { checkOf, fingerprintOf } from './fingerprint.ts';
import type { Entry } from './entry.ts';

export function positionOf({ path, id, offset }: FileRecord): FilePosition {
  return { path, file: id, offset };
}

/** The record of a file of which nothing was read. */
export function newRecord(id: FileId, { stem, stat }: Entry): FileRecord {
  const { device, inode, birthMilliseconds } = stat;
  const check = checkOf(Buffer.alloc(0));
  return { id, path: stem, device, inode, birthMilliseconds, offset: 0, check, size: 0, ended: false };
}

/** Files that are no longer listed are remembered this long (in files), should they come back. */
const vanishedMax = 32;

/** The files that were read, in the order in which they were first seen. */
export class Known {
  #records: FileRecord[];
  #floor: string | undefined;
  readonly #parse: ReturnType<typeof backupNames>;

  constructor(path: string, state: TailState) {
    this.#records = state.files.map((record) => ({ ...record }));
    this.#floor = state.floor;
    this.#parse = backupNames(basename(path));
  }

  get records(): readonly FileRecord[] {
    return this.#records;
  }

  get floor(): string | undefined {
    return this.#floor;
  }

  get(id: FileId | undefined): FileRecord | undefined {
    return this.#records.find((record) => record.id === id);
  }

  add(record: FileRecord): void {
    this.#records.push(record);
  }

  /** The identity of a file that is none of those known: the next free ordinal. */
  newId(fingerprint: string): FileId {
    const ordinals = this.#records
      .filter((record) => fingerprintOf(record.id) === fingerprint)
      .map((record) => Number(record.id.slice(65)));
    return `${fingerprint}#${Math.max(-1, ...ordinals) + 1}`;
  }

  /** True for a backup that was read and has been forgotten since. */
  isBelowFloor(name: string): boolean {
    const parsed = this.#parse(name);
    return this.#floor !== undefined && parsed?.rotatedAt !== undefined && parsed.order <= this.#floor;
  }

  /**
   * Forgets what is no longer needed: files that vanished first, then the oldest, whose names the floor covers.
   * What `keep` names stays.
   */
  forget(listed: ReadonlySet<FileId>, keep: ReadonlySet<FileId>): void {
    const vanished = this.#records.filter(({ id, ended }) => ended && !listed.has(id) && !keep.has(id));
    const gone = new Set(vanished.slice(0, Math.max(0, vanished.length - vanishedMax)));
    const rest = this.#records.filter((record) => !gone.has(record));
    const surplus = rest.length - filesMax + 1;
    const oldest = surplus > 0 ? rest.filter(({ id }) => !keep.has(id)).slice(0, surplus) : [];
    for (const record of oldest) {
      gone.add(record);
      const parsed = this.#parse(basename(record.path));
      if (parsed?.rotatedAt !== undefined && parsed.order > (this.#floor ?? '')) this.#floor = parsed.order;
    }
    this.#records = this.#records.filter((record) => !gone.has(record));
  }
}
