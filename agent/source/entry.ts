import type { BackupName } from './names.ts';
import type { FileStat } from './stat.ts';

/** One file of the rotation as the directory shows it; `.log`, `.log.gz` and `.log.zst` of one name are one entry. */
export interface Entry {
  path: string;
  /** The path without `.gz` or `.zst`. */
  stem: string;
  compressed: boolean;
  stat: FileStat;
  /** Absent for the live file. */
  backup?: BackupName;
  /** It is no longer in the directory, in any form. */
  gone?: true;
}
