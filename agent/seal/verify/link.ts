import type { Gap, Notice, Stretch } from '../index.ts';
import type { BatchRecord } from './record.ts';

/** What a valid record must be remembered for while its neighbours are judged; a few hundred bytes, no leaf hashes. */
export interface Link {
  batch: number;
  first: number;
  size: number;
  root: Buffer;
  rootBefore: Buffer;
  /** Milliseconds since 1970. */
  sealedAt: number;
  heartbeatMilliseconds: number;
  /** Whether it says that the agent was started or held up before it. */
  excused: boolean;
  /** When the agent was stopped cleanly with this batch. */
  stoppedAt?: string | undefined;
  firstStretch?: Stretch | undefined;
  lastStretch?: Stretch | undefined;
  gaps: readonly Gap[];
  /** The checkpoint text of the epoch before, which batch 0 of a linked epoch carries. */
  previous?: string | undefined;
}

export function linkOf(record: BatchRecord): Link {
  const { manifest, size, root, rootBefore } = record;
  const { sources, notices } = manifest;
  return {
    batch: manifest.batch,
    first: manifest.first,
    size,
    root,
    rootBefore,
    sealedAt: Date.parse(manifest.sealedAt),
    heartbeatMilliseconds: manifest.heartbeatSeconds * 1000,
    excused: notices.some(({ kind }) => kind === 'start' || kind === 'paused'),
    stoppedAt: noticeOf(notices, 'stop')?.at,
    firstStretch: sources[0],
    lastStretch: sources.at(-1),
    gaps: manifest.gaps,
    previous: manifest.batch === 0 ? noticeOf(notices, 'epoch')?.previous : undefined,
  };
}

function noticeOf<K extends Notice['kind']>(
  notices: readonly Notice[],
  kind: K,
): Extract<Notice, { kind: K }> | undefined {
  return notices.find((notice): notice is Extract<Notice, { kind: K }> => notice.kind === kind);
}
