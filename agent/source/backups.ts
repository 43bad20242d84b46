import { readdir, stat as statOf } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAbsent } from './error.ts';
import type { Entry } from './entry.ts';
import { backupNames, compressedEnds } from './names.ts';
import type { BackupName } from './names.ts';
import { regularStat } from './stat.ts';

/**
 * A folder that was changed less than this before a listing may change once more without another time: kernels stamp by ticks of
 * up to 10 ms, some file systems by two seconds.
 */
const settledMilliseconds = 2500;

/** A compressed file that nobody wrote to for so long stays as it is: it is written in one go. */
const writtenMilliseconds = 60_000;

/** How long a listing is relied on at most, whatever the folder's times say: not every file system keeps them. */
const reliedMilliseconds = 5000;

/** What a folder showed of one backup: its name, and the forms that it was seen in. */
interface Seen {
  name: BackupName;
  /** What stands behind its stem: nothing, `.gz`, `.zst`. */
  ends: Set<string>;
}

interface Remembered {
  /** Of the folder: it changes with every file that is made, renamed or removed in it. */
  changed: string;
  /** Monotonic milliseconds. */
  at: number;
  /** Those that stay as they are, and those that may grow. */
  settled: readonly Entry[];
  growing: readonly Entry[];
}

export interface BackupsOptions {
  /** Milliseconds since 1970; default `Date.now`. */
  now?: () => number;
}

/**
 * Lists the backups beside live files. Of a folder that did not change since it was listed, only those are looked at again
 * that can grow: catching up over thousands of compressed backups would else ask for each of them again and again.
 */
export class Backups {
  readonly #now: () => number;
  readonly #remembered = new Map<string, Remembered>();
  /** Live files whose folder changed though its times did not. */
  readonly #timeless = new Set<string>();

  constructor({ now = Date.now }: BackupsOptions = {}) {
    this.#now = now;
  }

  /** In no order; what vanishes meanwhile is left out. Throws file system errors. */
  async of(live: string): Promise<Entry[]> {
    const folder = dirname(live);
    const before = await timesOf(folder);
    const remembered = this.#remembered.get(live);
    if (remembered && this.#isReliable(remembered, before)) {
      const again = await Promise.all(remembered.growing.map(lookAgain));
      const growing = again.filter((entry) => entry !== undefined);
      if (growing.length === again.length) return [...remembered.settled.map(copyOf), ...growing];
    }
    this.#remembered.delete(live);
    if (this.#timeless.has(live)) return await listed(live);
    const at = performance.now();
    const isSettled = before !== undefined && this.#now() - before.milliseconds > settledMilliseconds;
    const entries = await listed(live);
    const after = await timesOf(folder);
    if (before !== undefined && after?.changed === before.changed) {
      if (remembered?.changed === before.changed && !isOf(entries, remembered)) this.#timeless.add(live);
      else if (isSettled)
        this.#remembered.set(live, { changed: before.changed, at, ...this.#parted(entries) });
    }
    return entries.map(copyOf);
  }

  #isReliable({ changed, at }: Remembered, now: FolderTimes | undefined): boolean {
    return changed === now?.changed && performance.now() - at < reliedMilliseconds;
  }

  #parted(entries: readonly Entry[]): Pick<Remembered, 'settled' | 'growing'> {
    const before = BigInt(this.#now() - writtenMilliseconds) * 1_000_000n;
    const isSettled = ({ compressed, stat: { modified } }: Entry) => compressed && BigInt(modified) < before;
    return { settled: entries.filter(isSettled), growing: entries.filter((entry) => !isSettled(entry)) };
  }
}

function isOf(entries: readonly Entry[], { settled, growing }: Remembered): boolean {
  const paths = new Set([...settled, ...growing].map(({ path }) => path));
  return entries.length === paths.size && entries.every(({ path }) => paths.has(path));
}

/** What is noted of an entry is noted of one listing. */
function copyOf(entry: Entry): Entry {
  return { ...entry };
}

async function lookAgain(entry: Entry): Promise<Entry | undefined> {
  const found = await regularStat(entry.path);
  return found && { ...copyOf(entry), stat: found };
}

interface FolderTimes {
  /** Device, inode and both times in nanoseconds. */
  changed: string;
  /** The later of both, since 1970. */
  milliseconds: number;
}

async function timesOf(folder: string): Promise<FolderTimes | undefined> {
  try {
    const { dev, ino, mtimeNs, ctimeNs } = await statOf(folder, { bigint: true });
    const latest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
    return { changed: [dev, ino, mtimeNs, ctimeNs].join('|'), milliseconds: Number(latest / 1_000_000n) };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function listed(live: string): Promise<Entry[]> {
  const parse = backupNames(basename(live));
  const stems = new Map<string, Seen>();
  for (const file of await namesIn(dirname(live))) {
    const name = parse(file);
    if (!name) continue;
    const seen = stems.get(name.stem) ?? { name, ends: new Set() };
    seen.ends.add(file.slice(name.stem.length));
    stems.set(name.stem, seen);
  }
  const entries = await Promise.all([...stems.values()].map((seen) => entryOf(dirname(live), seen)));
  return entries.filter((entry) => entry !== undefined);
}

export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/**
 * A compressed form counts only where its source is gone: until then it may be half written. Where the folder showed the
 * compressed form alone the source was gone then, and is not asked for. What is no longer where it was seen may have got another form.
 */
async function entryOf(folder: string, { name, ends }: Seen): Promise<Entry | undefined> {
  const stem = join(folder, name.stem);
  const isOwnStem = compressedEnds.some((end) => stem.endsWith(end));
  const forms = isOwnStem ? [''] : ['', ...compressedEnds];
  for (const end of [...forms.filter((one) => ends.has(one)), ...forms.filter((one) => !ends.has(one))]) {
    const path = `${stem}${end}`;
    const compressed = isOwnStem || end !== '';
    const found = await regularStat(path);
    if (found) return { path, stem, compressed, stat: found, backup: { ...name, compressed } };
  }
  return undefined;
}
