import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { messageOf } from '../error.ts';
import type { Config } from '../config/index.ts';
import { talliesOf } from '../store/index.ts';
import {
  batchKey,
  Entries,
  Log,
  copiesNotices,
  parseOrigin,
  startEpoch,
  sumOf,
  Tally,
  type EpochStart,
  type Manifest,
  type Notice,
  type Sealed,
} from '../seal/index.ts';
import {
  release,
  type BatchRow,
  type Committer,
  type CopiesRow,
  type Member,
  type Refusal,
} from '../store/index.ts';

const compress = promisify(gzip);

/** Measured on audit events: level 1 takes half the CPU of level 6 and gives a tenth more bytes. */
const compression = { level: constants.Z_BEST_SPEED, chunkSize: 256 * 1024 };

/** So that a 413 splits a request without compressing again. */
const memberBytesMax = 1024 * 1024;

/** Compressed batches that wait for their commit: what one interval between commits may gather in memory. */
const uncommittedBytesMax = 16 * 1024 * 1024;

const millisecondsPerDay = 86_400_000;

/** A text that is sealed by its hash in every batch, and whole where it is new. */
export interface NamedText {
  text: string;
  /** `sha256:<hex>`. */
  sha256: string;
}

export interface SealerParts {
  sourceName: string;
  config: Config;
  secret: Uint8Array;
  policy: NamedText;
  effectiveConfig: NamedText;
  /** What the newest durable batch was sealed under. */
  sealedUnder: { policy: string | null; config: string | null };
  log: Log;
  /** RFC 3339: when the epoch's key was made. */
  madeAt: string;
  /** RFC 3339: when its newest batch was sealed. */
  sealedAt: string | null;
  /** The epoch's beginning, if nothing was sealed in it yet. */
  epochStart: Pick<EpochStart, 'reason' | 'previous'> | undefined;
  unnoticed: Refusal[];
  unnoticedCopies: CopiesRow[];
  committer: Committer;
  agent: { name: string; version: string };
  now: () => Date;
  failpoint: (name: string) => void;
  /** Told after a batch has become durable, with its compressed bytes. */
  stored: (manifest: Manifest, bytes: number) => void;
}

/**
 * The batch at hand of one source: collects entries, seals them into the log and hands them, compressed, to the store.
 * Compression and commit happen behind the next batch's back, in order; nothing of a batch leaves before it is durable.
 */
export class Sealer {
  readonly #parts: SealerParts;
  readonly #idle: Entries[];
  #log: Log;
  #madeAt: string;
  #entries: Entries;
  #tally = new Tally();
  #notices: Notice[];
  #unnoticed: Refusal[];
  /** Of the batch at hand. */
  #refusals: Refusal[] = [];
  #unnoticedCopies: CopiesRow[];
  #sealedAt: string | null;
  /** Monotonic milliseconds: of the batch's first content, of the last batch. */
  #openedAt: number | undefined;
  #lastAt: number | undefined;
  #storing: Promise<void> = Promise.resolve();
  #uncommittedBytes = 0;
  #wake: () => void = () => undefined;
  #failure: Error | undefined;

  constructor(parts: SealerParts) {
    this.#parts = parts;
    this.#log = parts.log;
    this.#madeAt = parts.madeAt;
    this.#sealedAt = parts.sealedAt;
    this.#unnoticed = [...parts.unnoticed];
    this.#unnoticedCopies = [...parts.unnoticedCopies];
    const { batchBytesMax, batchEventsMax } = parts.config;
    const size = { bytes: batchBytesMax + memberBytesMax, events: batchEventsMax, memberBytesMax };
    this.#entries = new Entries(size);
    this.#idle = [new Entries(size)];
    this.#entries.begin(this.#log.logId, this.#log.size);
    this.#notices = this.#firstNotices();
  }

  get log(): Log {
    return this.#log;
  }

  get tally(): Tally {
    return this.#tally;
  }

  get nextIndex(): number {
    return this.#entries.nextIndex;
  }

  /** Compressed and not yet durable. */
  get uncommittedBytes(): number {
    return this.#uncommittedBytes;
  }

  get isFull(): boolean {
    const { batchBytesMax, batchEventsMax } = this.#parts.config;
    return this.#entries.count >= batchEventsMax || this.#entries.bytes >= batchBytesMax;
  }

  /** The batch's time is up, or nothing was sealed for as long as a heartbeat. */
  isDue(): boolean {
    const { batchSeconds, heartbeatSeconds } = this.#parts.config;
    const now = performance.now();
    if (!this.#tally.isEmpty) {
      this.#openedAt ??= now;
      return now - this.#openedAt >= batchSeconds * 1000;
    }
    return this.#lastAt === undefined || now - this.#lastAt >= heartbeatSeconds * 1000;
  }

  add(pieces: readonly (string | Buffer)[], timestamp: string): void {
    this.#entries.add(pieces);
    this.#tally.addTimestamp(timestamp);
  }

  notice(notice: Notice): void {
    this.#notices.push(notice);
  }

  /** The entry that is added next is to be sent in the refused form alone; durable with its batch. */
  refuse(why: Pick<Refusal, 'status' | 'type' | 'message'>): void {
    this.#refusals.push({
      ...why,
      origin: this.#log.origin,
      index: this.nextIndex,
      at: this.#parts.now().toISOString(),
    });
  }

  /** A refusal that is durable: the next manifest gives notice of it. */
  noticeRefusal(refusal: Refusal): void {
    this.#unnoticed.push(refusal);
  }

  /** Copies that are possible, durably known: the next manifest announces them. */
  noticeCopies(copies: CopiesRow[]): void {
    this.#unnoticedCopies.push(...copies);
  }

  /**
   * Seals what was added. `tail` is the reader's state after it. Waits while too much is not yet durable;
   * throws what a commit failed with.
   */
  async seal(tail: string): Promise<void> {
    await this.#untilRoom();
    const now = this.#parts.now();
    const next = this.#nextEpoch(now);
    const sealed = this.#sealLog(now);
    this.#parts.failpoint('sealed');
    const entries = this.#entries;
    const refusals = this.#refusals;
    const row = this.#row(sealed, tail, next !== undefined);
    this.#notices = [];
    const epochs = next ? [this.#beginEpoch({ ...next, previous: sealed.checkpoint })] : [];
    if (next) this.#parts.failpoint('epoch sealed');
    this.#storing = this.#storing
      .then(() => this.#store(entries, sealed, row, { epochs, refusals }))
      .catch((error: unknown) => this.#fail(error));
    this.#beginBatch();
  }

  /** Resolves when all that was sealed is durable; throws what a commit failed with. */
  async drain(): Promise<void> {
    await this.#storing;
    while (this.#uncommittedBytes > 0 && !this.#failure)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failure) throw this.#failure;
  }

  #sealLog(now: Date): Sealed {
    const { config, policy, effectiveConfig, agent, secret } = this.#parts;
    const tally = this.#tally;
    const { earliest, latest } = tally;
    this.#noticeClock(now);
    const noticed = this.#unnoticed.filter(({ origin }) => origin === this.#log.origin);
    for (const { index, status, type, at } of noticed)
      this.#notices.push({ kind: 'refused', at, index, status, type });
    this.#notices.push(...copiesNotices(this.#unnoticedCopies, this.#log.origin));
    return this.#log.seal(
      {
        sealedAt: now.toISOString(),
        ...(earliest !== undefined && { earliest }),
        ...(latest !== undefined && { latest }),
        heartbeatSeconds: config.heartbeatSeconds,
        retentionDays: config.elasticsearch.retentionDays,
        sources: tally.sources(batchKey(secret, this.#log.origin, this.#log.nextBatch)),
        gaps: tally.gaps,
        read: tally.read,
        pieces: tally.pieces,
        malformed: tally.malformed,
        dropped: tally.dropped,
        reduced: tally.reduced,
        redacted: {},
        policy: policy.sha256,
        config: effectiveConfig.sha256,
        agent,
        notices: this.#notices,
      },
      this.#entries.leafHashes(),
      config.elasticsearch.namespace,
    );
  }

  #row(sealed: Sealed, tail: string, closes: boolean): Omit<BatchRow, 'members' | 'record'> {
    const { manifest } = sealed;
    const noticed = this.#unnoticed.filter(({ origin }) => origin === manifest.origin);
    this.#unnoticed = this.#unnoticed.filter(({ origin }) => origin !== manifest.origin);
    const noticedCopies = this.#unnoticedCopies;
    this.#unnoticedCopies = [];
    return {
      source: this.#parts.sourceName,
      origin: manifest.origin,
      number: manifest.batch,
      first: manifest.first,
      count: manifest.count,
      newest: manifest.latest ?? null,
      oldest: manifest.earliest ?? null,
      moments: JSON.stringify(this.#tally.moments.list()),
      tail,
      policy: manifest.policy,
      config: manifest.config,
      size: sealed.size,
      frontier: sealed.frontier,
      checkpoint: sealed.checkpoint,
      sealedAt: manifest.sealedAt,
      noticed,
      noticedCopies,
      closes,
      read: manifest.read,
      pieces: manifest.pieces,
      dropped: sumOf(manifest.dropped),
      gaps: manifest.gaps.length,
      tallies: talliesOf(manifest),
    };
  }

  async #store(
    entries: Entries,
    { manifest, record }: Sealed,
    row: Omit<BatchRow, 'members' | 'record'>,
    also: { epochs: (EpochStart & { source: string })[]; refusals: Refusal[] },
  ): Promise<void> {
    const members = await Promise.all(entries.members().map(compressMember));
    this.#idle.push(entries);
    this.#wake();
    const line = `{"create":{"_id":"${record.id}"}}\n`;
    const recordBody = await compress(
      Buffer.concat([Buffer.from(line), record.bytes, Buffer.of(0x0a)]),
      compression,
    );
    const bytes = members.reduce((sum, { body }) => sum + body.length, recordBody.length);
    this.#uncommittedBytes += bytes;
    this.#parts.failpoint('compressed');
    this.#parts.committer.commit({ ...also, batches: [{ ...row, members, record: recordBody }] }).then(
      () => this.#durable(manifest, members, bytes, row.closes, also.refusals),
      (error: unknown) => this.#fail(error),
    );
  }

  #durable(
    manifest: Manifest,
    members: readonly Member[],
    bytes: number,
    closes: boolean,
    refusals: readonly Refusal[],
  ): void {
    this.#unnoticed.push(...refusals);
    // The store has had its own copy.
    for (const { body } of members) release(body);
    this.#uncommittedBytes -= bytes;
    this.#parts.failpoint('durable');
    if (closes) this.#parts.failpoint('epoch durable');
    this.#wake();
    this.#parts.stored(manifest, bytes);
  }

  /** Two buffers: one fills while the other is compressed. */
  async #untilRoom(): Promise<void> {
    while (!this.#failure && (this.#idle.length === 0 || this.#uncommittedBytes > uncommittedBytesMax)) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#failure) throw this.#failure;
  }

  #beginBatch(): void {
    this.#entries = this.#idle.pop()!;
    this.#entries.begin(this.#log.logId, this.#log.size);
    this.#tally = new Tally();
    this.#refusals = [];
    this.#openedAt = undefined;
    this.#lastAt = performance.now();
  }

  /** The key of the epoch that follows the batch at hand, whose manifest names it, if this one is old enough. */
  #nextEpoch(now: Date): EpochStart | undefined {
    const age = now.getTime() - Date.parse(this.#madeAt);
    if (age < this.#parts.config.epochDays * millisecondsPerDay || this.#log.nextBatch === 0)
      return undefined;
    const next = startEpoch(parseOrigin(this.#log.origin), 'age', now, this.#log.origin);
    this.#notices.push({ kind: 'next', at: now.toISOString(), vkey: next.vkey });
    return next;
  }

  #beginEpoch(next: EpochStart): EpochStart & { source: string } {
    this.#log = Log.begin(next);
    this.#madeAt = next.madeAt;
    this.#notices = this.#epochNotices(next);
    return { ...next, source: this.#parts.sourceName };
  }

  #firstNotices(): Notice[] {
    const at = this.#parts.now().toISOString();
    const { epochStart, policy, effectiveConfig, sealedUnder } = this.#parts;
    const start: Notice = { kind: 'start', at };
    if (epochStart) return [start, ...this.#epochNotices(epochStart)];
    const notices: Notice[] = [start];
    if (sealedUnder.policy !== policy.sha256) notices.push({ kind: 'policy', at, text: policy.text });
    if (sealedUnder.config !== effectiveConfig.sha256)
      notices.push({ kind: 'config', at, text: effectiveConfig.text });
    return notices;
  }

  #epochNotices({ reason, previous }: Pick<EpochStart, 'reason' | 'previous'>): Notice[] {
    const at = this.#parts.now().toISOString();
    const { policy, effectiveConfig } = this.#parts;
    return [
      { kind: 'epoch', at, reason, ...(previous !== null && { previous }) },
      { kind: 'policy', at, text: policy.text },
      { kind: 'config', at, text: effectiveConfig.text },
    ];
  }

  /** Batches are ordered by number; a reader should still know why their times are not. */
  #noticeClock(now: Date): void {
    const before = this.#sealedAt === null ? undefined : Date.parse(this.#sealedAt);
    if (before !== undefined && now.getTime() < before) {
      this.#notices.push({ kind: 'clock', at: now.toISOString(), seconds: (now.getTime() - before) / 1000 });
    }
    this.#sealedAt = now.toISOString();
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(messageOf(error));
    this.#wake();
  }
}

async function compressMember(member: { first: number; count: number; body: Buffer }): Promise<Member> {
  const { first, count, body } = member;
  const compressed = await compress(body, compression);
  // Of its own size: what goes to the store is copied with all of its buffer.
  const exact = new Uint8Array(compressed);
  release(compressed);
  return { first, count, bytes: body.length, body: exact };
}
