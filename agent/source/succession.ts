import { basename } from 'node:path';
import { isBornAtRename } from './birth.ts';
import type { FileId } from './chunk.ts';
import type { FileRecord } from './state.ts';
import type { CurrentIdentity, Identifier, Identity } from './identify.ts';
import type { Reserved } from './reserved.ts';
import type { Known } from './known.ts';
import type { Entry } from './entry.ts';
import { backupNames, compareNames } from './names.ts';
import type { OpenFile } from './open-file.ts';
import { isSameInode } from './stat.ts';
import { survey } from './survey.ts';
import type { Survey } from './survey.ts';

/** How often a directory that changes under our eyes is looked at again before waiting for the next poll. */
const attemptsMax = 5;

/** The file after which the next is looked for. */
export interface Anchor {
  /** The last file that was read; absent at a first start. */
  record?: FileRecord;
  /** Set where empty files came after it: the last of them, as a path without `.gz`. */
  emptyStem?: string;
  /** Whether nothing can be missing up to here. */
  proven: boolean;
}

/** A file to be read next, held open so that no rename or deletion can take it away. */
export interface Candidate {
  file: OpenFile;
  entry: Entry;
  identity: Identity;
  /** By the succession rule; the proof of a moment, which stays true. */
  proven: boolean;
}

export interface Follow {
  /** The anchor is listed under a backup name that its writer gave it: nobody writes to it any more. */
  finished: boolean;
  next?: Candidate;
}

interface Choice {
  entry: Entry;
  /** The anchor as listed; absent if it is not, or not under the writer's backup name. */
  from?: Entry;
  /** Nothing unread lies between. */
  adjacent: boolean;
}

/** Decides which file comes next, and whether it is proven to be the next. */
export class Succession {
  readonly #path: string;
  readonly #identifier: Identifier;
  readonly #known: Known;
  readonly #parse: ReturnType<typeof backupNames>;
  readonly #reserved: Reserved;
  /** The known files that the last listing showed. */
  listed: ReadonlySet<FileId> = new Set();

  constructor(path: string, identifier: Identifier, known: Known, reserved: Reserved) {
    this.#path = path;
    this.#identifier = identifier;
    this.#known = known;
    this.#reserved = reserved;
    this.#parse = backupNames(basename(path));
  }

  async survey(current?: CurrentIdentity): Promise<Survey> {
    const listed = await survey(this.#path, this.#identifier, this.#known, this.#reserved, current);
    const identities = listed.entries.map(listed.identityOf);
    this.listed = new Set(identities.flatMap((one) => (one.kind === 'known' ? [one.record.id] : [])));
    return listed;
  }

  /**
   * Finds and opens what comes after the anchor. The successor is opened first and the directory listed again
   * afterwards, for a rotation may happen at any instant: if the second listing still shows the opened file in its
   * place, every file rotated away before it was opened was there to be listed too, or was deleted, and then, oldest
   * first, the anchor with it. With one listing, a file could slip through between listing and opening.
   */
  async follow(anchor: Anchor, current?: CurrentIdentity): Promise<Follow> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const before = await this.survey(current);
      const choice = this.#choose(before, anchor);
      if (!choice) return { finished: this.#placeOf(before, anchor) !== undefined };
      const file = await this.#reserved.open(choice.entry);
      if (!file) continue;
      const next = await this.#confirm(choice, file, anchor, current).catch(async (error: unknown) => {
        await file.close();
        throw error;
      });
      if (next) return next;
      await file.close();
    }
    return { finished: false };
  }

  /**
   * Holds open what is there to be read later, so that it can be deleted meanwhile. What was opened is listed again:
   * only then does the listing prove which of them follows which.
   * @throws file system errors
   */
  async lookAhead(current: CurrentIdentity | undefined, deletedBytesMax: number): Promise<void> {
    const listed = await this.survey(current);
    this.#reserved.link(listed.entries, listed.identityOf, current);
    if (!(await this.#reserved.reserve(listed.entries.filter(listed.isUnread), deletedBytesMax))) return;
    const again = await this.survey(current);
    this.#reserved.link(again.entries, again.identityOf, current);
  }

  /**
   * Finds and opens a known file wherever it is now. `absent` only if two equal listings do not show it.
   * @throws file system errors, also of any file that cannot be read: it could be the one.
   */
  async locate(record: FileRecord): Promise<{ file: OpenFile; entry: Entry } | 'absent' | 'busy'> {
    let seen = '';
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const listed = await this.survey();
      const entry = listed.entryOf(record.id);
      const file = entry && (await this.#reserved.open(entry));
      if (entry && file) return { file, entry };
      for (const one of entry ? [] : listed.entries.map(listed.identityOf)) {
        if (one.kind === 'unreadable') throw one.error;
      }
      const now = listed.entries.map(({ path, stat }) => `${path} ${stat.inode}`).join('\n');
      if (!entry && now === seen) return 'absent';
      seen = entry ? '' : now;
    }
    return 'busy';
  }

  async #confirm(
    choice: Choice,
    file: OpenFile,
    anchor: Anchor,
    current: CurrentIdentity | undefined,
  ): Promise<Follow | undefined> {
    const after = await this.survey(current);
    const again = this.#choose(after, anchor);
    if (!again || again.entry.path !== choice.entry.path) return undefined;
    if (!isSameInode(again.entry.stat, choice.entry.stat)) return undefined;
    const isNext = again.adjacent && isBornAtRename(again.from, again.entry);
    const wasNext = current !== undefined && this.#reserved.of(again.entry)?.isAfter(current.stat) === true;
    const proven = anchor.proven && (isNext || wasNext);
    const identity = after.identityOf(again.entry);
    return { finished: again.from !== undefined, next: { file, entry: again.entry, identity, proven } };
  }

  /** The first unread file after the anchor; else one that sorts before it (a clock step); else the live file. */
  #choose(listed: Survey, anchor: Anchor): Choice | undefined {
    const from = this.#placeOf(listed, anchor);
    const position = from?.backup ?? this.#parse(basename(anchor.emptyStem ?? anchor.record?.path ?? ''));
    const backups = listed.entries.filter((entry) => entry.backup);
    // A file that was cut comes next itself, with what was written into it afterwards, where it was renamed then.
    const least = anchor.record?.truncated && !anchor.emptyStem ? 0 : 1;
    const isLater = ({ backup }: Entry) => !position || (backup && compareNames(backup, position) >= least);
    const found = (entry: Entry, adjacent: boolean) => ({ entry, adjacent, ...(from && { from }) });

    const next = backups.find(
      (entry) => isLater(entry) && (listed.isUnread(entry) || listed.identityOf(entry).kind === 'empty'),
    );
    if (next) return found(next, true);
    const earlier = backups.find(listed.isUnread);
    if (earlier) return found(earlier, false);
    const live = listed.entries.find((entry) => !entry.backup);
    return live && listed.isUnread(live) ? found(live, true) : undefined;
  }

  /** Only the writer's own backup names count: an outside logrotate does not say when, and may copy and cut. */
  #placeOf(listed: Survey, { record, emptyStem }: Anchor): Entry | undefined {
    const place = emptyStem
      ? listed.entries.find(({ stem }) => stem === emptyStem)
      : record && listed.entryOf(record.id);
    return place?.backup?.rotatedAt === undefined ? undefined : place;
  }
}
