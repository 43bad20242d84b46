import { basename } from 'node:path';
import type { FileId } from './chunk.ts';
import type { CurrentIdentity, Identifier, Identity } from './identify.ts';
import type { Reserved } from './reserved.ts';
import type { Known } from './known.ts';
import type { Entry } from './entry.ts';
import { isSameInode } from './stat.ts';

/** The directory at one moment, each file identified. */
export interface Survey {
  /** Oldest first, the live file last. */
  entries: Entry[];
  identityOf: (entry: Entry) => Identity;
  entryOf: (id: FileId) => Entry | undefined;
  /** Whether a file holds something that was not read. The current file does not count. */
  isUnread: (entry: Entry) => boolean;
}

/** Lists and identifies, what is held though it vanished included; notes where the known files are now. */
export async function survey(
  path: string,
  identifier: Identifier,
  known: Known,
  reserved: Reserved,
  current?: CurrentIdentity,
): Promise<Survey> {
  const listed = await reserved.merge(path, current);
  const identities = await identifier.identify(listed, known, current);
  const entries = [...identities.keys()];
  for (const [{ stem, stat }, identity] of identities) {
    if (identity.kind !== 'known') continue;
    const { device, inode, birthMilliseconds } = stat;
    Object.assign(identity.record, { path: stem, device, inode, birthMilliseconds });
  }
  const identityOf = (entry: Entry) => identities.get(entry) ?? ({ kind: 'new' } as const);
  return {
    entries,
    identityOf,
    entryOf: (id) =>
      entries.find((entry) => {
        const identity = identityOf(entry);
        return identity.kind === 'known' && identity.record.id === id;
      }),
    isUnread: (entry) => {
      const { stat } = entry;
      const identity = identityOf(entry);
      if (identity.kind !== 'known') {
        return identity.kind !== 'empty' && !(entry.backup && known.isBelowFloor(basename(entry.stem)));
      }
      const { record, isCopy } = identity;
      if (isCopy) return false;
      if (current && isSameInode(stat, current.stat)) return false;
      // An outside rename leaves the writer in the renamed file: it may have grown after it was read to its end.
      // And the copy of a file that was cut in place may hold more than was read; of a compressed one only reading tells.
      const grown = entry.compressed ? record.truncated === true : stat.size > record.offset;
      return grown || (!record.ended && record.id !== current?.record.id);
    },
  };
}
