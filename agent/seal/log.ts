import { signCheckpoint } from './checkpoint.ts';
import { hashBytes, leafHash } from './hash.ts';
import { logIdOf, recordDocumentId } from './ids.ts';
import { importKey } from './key.ts';
import type { SigningKey } from './key.ts';
import { manifestBytes } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { recordBytes } from './record.ts';
import { Tree } from './tree.ts';

/** Where a log stands: what the state keeps of an epoch. */
export interface LogState {
  origin: string;
  privateKey: Uint8Array;
  nextBatch: number;
  size: number;
  frontier: Uint8Array;
  checkpoint: string | null;
}

/** A batch after sealing: nothing of it may leave the node before it is durable. */
export interface Sealed {
  manifest: Manifest;
  checkpoint: string;
  /** The tree after it. */
  size: number;
  frontier: Buffer;
  record: { id: string; bytes: Buffer };
}

/** What of a manifest the log itself knows. */
export type Contents = Omit<Manifest, 'v' | 'origin' | 'batch' | 'first' | 'count'>;

/** The growing log of one epoch (docs/seal-format.md §1 to §3). */
export class Log {
  readonly origin: string;
  readonly logId: string;
  readonly key: SigningKey;
  readonly #tree: Tree;
  #nextBatch: number;
  #checkpoint: string | undefined;

  constructor(state: LogState) {
    this.origin = state.origin;
    this.key = importKey(state.origin, state.privateKey);
    this.logId = logIdOf(this.key.verifier.text);
    this.#tree = Tree.fromFrontier(state.size, state.frontier);
    this.#nextBatch = state.nextBatch;
    this.#checkpoint = state.checkpoint ?? undefined;
  }

  /** The empty log of an epoch that begins. */
  static begin({ origin, privateKey }: Pick<LogState, 'origin' | 'privateKey'>): Log {
    return new Log({
      origin,
      privateKey,
      nextBatch: 0,
      size: 0,
      frontier: Buffer.alloc(0),
      checkpoint: null,
    });
  }

  get size(): number {
    return this.#tree.size;
  }

  get nextBatch(): number {
    return this.#nextBatch;
  }

  /** The newest checkpoint's note, if a batch has been sealed. */
  get checkpoint(): string | undefined {
    return this.#checkpoint;
  }

  /** Appends the events' leaves and the manifest, signs, and builds the record. */
  seal(contents: Contents, leafHashes: Buffer, namespace: string): Sealed {
    const first = this.#tree.size;
    const frontier = this.#tree.frontier();
    const count = this.#append(leafHashes);
    const manifest: Manifest = orderedManifest(
      { origin: this.origin, batch: this.#nextBatch, first, count },
      contents,
    );
    const text = manifestBytes(manifest);
    this.#tree.append(leafHash(text));
    const checkpoint = signCheckpoint(this.#tree, this.key);
    const bytes = recordBytes({
      namespace,
      manifest,
      manifestText: text.toString(),
      checkpoint,
      vkey: this.key.verifier.text,
      leafHashes,
      frontier,
    });
    const id = recordDocumentId(this.logId, this.#nextBatch, this.#tree.root());
    this.#nextBatch += 1;
    this.#checkpoint = checkpoint;
    return {
      manifest,
      checkpoint,
      size: this.#tree.size,
      frontier: this.#tree.frontier(),
      record: { id, bytes },
    };
  }

  #append(leafHashes: Buffer): number {
    let count = 0;
    for (let at = 0; at < leafHashes.length; at += hashBytes, count += 1)
      this.#tree.append(leafHashes.subarray(at, at + hashBytes));
    return count;
  }
}

/** The member order is signed, so it is written once, here. */
function orderedManifest(
  place: Pick<Manifest, 'origin' | 'batch' | 'first' | 'count'>,
  contents: Contents,
): Manifest {
  const { sealedAt, earliest, latest, ...rest } = contents;
  return {
    v: 1,
    origin: place.origin,
    batch: place.batch,
    first: place.first,
    count: place.count,
    sealedAt,
    ...(earliest !== undefined && { earliest }),
    ...(latest !== undefined && { latest }),
    heartbeatSeconds: rest.heartbeatSeconds,
    retentionDays: rest.retentionDays,
    sources: rest.sources,
    gaps: rest.gaps,
    read: rest.read,
    pieces: rest.pieces,
    joined: rest.joined,
    malformed: rest.malformed,
    dropped: rest.dropped,
    reduced: rest.reduced,
    redacted: rest.redacted,
    policy: rest.policy,
    config: rest.config,
    agent: rest.agent,
    notices: rest.notices,
  };
}
