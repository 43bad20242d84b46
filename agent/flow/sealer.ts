import type { SourceAlerts } from '../notify/index.ts';
import { batchKey, Log, parseOrigin, startEpoch, sumOf } from '../seal/index.ts';
import type { EpochStart, Sealed } from '../seal/index.ts';
import { talliesOf } from '../store/index.ts';
import { Batch } from './batch.ts';
import type { BatchLimits } from './batch.ts';
import type { Durable, SealedBatch } from './durable.ts';
import type { NamedText } from './named-text.ts';
import type { Notices, TakenNotices } from './notices.ts';

const millisecondsPerDay = 86_400_000;

export interface SealerParts {
  sourceName: string;
  /** The key of every mac. */
  secret: Uint8Array;
  limits: BatchLimits & { epochDays: number };
  namespace: string;
  retentionDays: number;
  policy: NamedText;
  config: NamedText;
  log: Log;
  /** RFC 3339: when the epoch's key was made. */
  madeAt: string;
  notices: Notices;
  /** What endpoints are to be told of the open batch; undefined where there is none. */
  alerts: SourceAlerts | undefined;
  durable: Durable;
  agent: { name: string; version: string };
  now: () => Date;
  failpoint: (name: string) => void;
}

/** Seals one source's batches into its log, one after another, and begins a new epoch when the key has its age. */
export class Sealer {
  readonly #parts: SealerParts;
  #log: Log;
  #madeAt: string;
  #policy: NamedText;

  constructor(parts: SealerParts) {
    this.#parts = parts;
    this.#log = parts.log;
    this.#madeAt = parts.madeAt;
    this.#policy = parts.policy;
  }

  /** The policy that the events of the open batch and all after it are decided on by; nothing is in that batch yet. */
  usePolicy(policy: NamedText): void {
    this.#policy = policy;
    this.#parts.notices.usePolicy(policy);
  }

  /** The first batch of this process, open. */
  async open(): Promise<Batch> {
    return new Batch(this.#log, await this.#parts.durable.emptyEntries(), this.#parts.limits);
  }

  /**
   * Seals an open batch and gives the next. Waits while too much is not yet durable; throws what a commit failed with.
   *
   * @param tail the state to go on from after the batch, as `parsePipelineState` reads it
   */
  async seal(batch: Batch, tail: string): Promise<Batch> {
    const { durable, notices, alerts, now, failpoint, limits } = this.#parts;
    const entries = await durable.emptyEntries();
    const at = now();
    const next = this.#nextEpoch(at);
    const taken = notices.take(this.#log.origin, at);
    const sealed = this.#sealLog(batch, taken, at);
    failpoint('sealed');
    const row = this.#row(batch, sealed, taken, tail, next !== undefined);
    const epochs = next ? [this.#beginEpoch({ ...next, previous: sealed.checkpoint })] : [];
    if (next) failpoint('epoch sealed');
    const notifications = alerts?.take(sealed.manifest) ?? [];
    durable.store({ entries: batch.entries, sealed, row, refusals: batch.refusals, notifications, epochs });
    return new Batch(this.#log, entries, limits, performance.now());
  }

  #sealLog({ tally, entries }: Batch, { notices }: TakenNotices, at: Date): Sealed {
    const { limits, namespace, retentionDays, config, agent, secret } = this.#parts;
    const { earliest, latest } = tally;
    return this.#log.seal(
      {
        sealedAt: at.toISOString(),
        ...(earliest !== undefined && { earliest }),
        ...(latest !== undefined && { latest }),
        heartbeatSeconds: limits.heartbeatSeconds,
        retentionDays,
        sources: tally.sources(batchKey(secret, this.#log.origin, this.#log.nextBatch)),
        gaps: tally.gaps,
        read: tally.read,
        pieces: tally.pieces,
        joined: tally.joined,
        malformed: tally.malformed,
        dropped: tally.dropped,
        reduced: tally.reduced,
        redacted: tally.redacted,
        policy: this.#policy.sha256,
        config: config.sha256,
        agent,
        notices,
      },
      entries.leafHashes(),
      namespace,
    );
  }

  #row(
    { tally }: Batch,
    { manifest, size, frontier, checkpoint }: Sealed,
    taken: TakenNotices,
    tail: string,
    closes: boolean,
  ): SealedBatch['row'] {
    return {
      source: this.#parts.sourceName,
      origin: manifest.origin,
      number: manifest.batch,
      first: manifest.first,
      count: manifest.count,
      newest: manifest.latest ?? null,
      oldest: manifest.earliest ?? null,
      moments: JSON.stringify(tally.moments.list()),
      tail,
      policy: manifest.policy,
      config: manifest.config,
      size,
      frontier,
      checkpoint,
      sealedAt: manifest.sealedAt,
      announced: taken.refusals,
      announcedCopies: taken.copies,
      closes,
      read: manifest.read,
      pieces: manifest.pieces,
      dropped: sumOf(manifest.dropped),
      gaps: manifest.gaps.length,
      tallies: talliesOf(manifest),
    };
  }

  /** The key of the epoch that follows the open batch, whose manifest names it, if this one is old enough. */
  #nextEpoch(at: Date): EpochStart | undefined {
    const age = at.getTime() - Date.parse(this.#madeAt);
    if (age < this.#parts.limits.epochDays * millisecondsPerDay || this.#log.nextBatch === 0)
      return undefined;
    const next = startEpoch(parseOrigin(this.#log.origin), 'age', at, this.#log.origin);
    this.#parts.notices.add({ kind: 'next', at: at.toISOString(), vkey: next.vkey });
    return next;
  }

  #beginEpoch(next: EpochStart): EpochStart & { source: string } {
    this.#log = Log.begin(next);
    this.#madeAt = next.madeAt;
    this.#parts.notices.beginEpoch(next);
    return { ...next, source: this.#parts.sourceName };
  }
}
