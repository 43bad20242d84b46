import type { LongLineSink } from './chunk.ts';
import type { OnMessage } from './warn-once.ts';
import type { OnReadable } from './readability.ts';
import type { TailState } from './state.ts';

export interface SourceOptions<L extends LongLineSink = LongLineSink> {
  /** The live file, for example /var/log/kubernetes/audit/audit.log; its backups lie beside it. */
  path: string;
  /** Lines of more bytes than this (newline not counted) are streamed into a sink of `longLine`. */
  lineBytesMax: number;
  /** Bytes asked of the file system at once; default 1 MiB. */
  chunkBytesMax?: number;
  pollMilliseconds: number;
  /** How often the directory is looked at, while there is still something to read, for files to hold open; default 250. */
  lookAheadMilliseconds?: number;
  /** Whether a file system watcher may end `wait()` early; default true. Correctness never rests on it. */
  watch?: boolean;
  /** Where to go on, from `stateAt()`; absent: from the oldest backup, at 0. */
  state?: TailState;
  longLine: () => L;
  onMessage?: OnMessage;
  onReadable?: OnReadable;
  /** How long a folder may be without the live file before the source counts as unreadable; default 120,000. */
  absentMillisecondsMax?: number;
  /** How often the live file is opened to see whether it can be, while it can; default 10,000. */
  probeMilliseconds?: number;
}
