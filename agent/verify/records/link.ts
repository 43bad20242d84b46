import type { Gap, Manifest, Notice, Stretch } from '../../seal/index.ts';
import type { BatchRecord } from './record.ts';

type EpochNotice = Extract<Notice, { kind: 'epoch' }>;

/** What a valid record must be remembered for while its neighbours are judged; a few hundred bytes, no leaf hashes. */
export interface Link {
  batch: number;
  first: number;
  size: number;
  root: Buffer;
  rootBefore: Buffer;
  /** Milliseconds since 1970. */
  sealedAt: number;
  /** Milliseconds since 1970: of its first event, or, without one earlier, when it was sealed. */
  begins: number;
  heartbeatMilliseconds: number;
  /** Whether it says that the agent was started or held up before it. */
  excused: boolean;
  /** When the agent was stopped cleanly with this batch. */
  stoppedAt?: string | undefined;
  firstStretch?: Stretch | undefined;
  lastStretch?: Stretch | undefined;
  gaps: readonly Gap[];
  /** What batch 0 says of how its epoch began. */
  epochStart?: EpochNotice | undefined;
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
    begins: beginningOf(manifest),
    heartbeatMilliseconds: manifest.heartbeatSeconds * 1000,
    excused: notices.some(({ kind }) => kind === 'start' || kind === 'paused'),
    stoppedAt: stopOf(manifest),
    firstStretch: sources[0],
    lastStretch: sources.at(-1),
    gaps: manifest.gaps,
    epochStart: epochStartOf(manifest),
  };
}

function beginningOf({ earliest, sealedAt }: Manifest): number {
  // The format demands no type of it.
  const first = typeof earliest === 'string' ? Date.parse(earliest) : Number.NaN;
  const sealed = Date.parse(sealedAt);
  return first < sealed ? first : sealed;
}

/** When it was sealed, RFC 3339. */
export function timeOf({ sealedAt }: Pick<Link, 'sealedAt'>): string {
  return new Date(sealedAt).toISOString();
}

/** The first `epoch` notice of a batch 0. */
export function epochStartOf({ batch, notices }: Manifest): EpochNotice | undefined {
  return batch === 0 ? notices.find((notice): notice is EpochNotice => notice.kind === 'epoch') : undefined;
}

function stopOf({ notices }: Manifest): string | undefined {
  // The format demands no type of it.
  const at: unknown = notices.find(({ kind }) => kind === 'stop')?.at;
  return typeof at === 'string' ? at : undefined;
}
