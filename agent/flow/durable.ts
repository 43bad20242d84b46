import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { messageOf } from '../error.ts';
import { Entries } from '../seal/index.ts';
import type { EpochStart, Manifest, Sealed } from '../seal/index.ts';
import { release } from '../store/index.ts';
import type { BatchRow, Committer, Member, NotificationRow, Refusal } from '../store/index.ts';

const compress = promisify(gzip);

/** Measured on audit events: level 1 takes half the CPU of level 6 and gives a tenth more bytes. */
const compression = { level: constants.Z_BEST_SPEED, chunkSize: 256 * 1024 };

/** So that a 413 splits a request without compressing again. */
const memberBytesMax = 1024 * 1024;

/** Compressed batches that wait for their commit: what one interval between commits may gather in memory. */
const uncommittedBytesMax = 16 * 1024 * 1024;

export interface DurableOptions {
  batchBytesMax: number;
  batchEventsMax: number;
  committer: Committer;
  failpoint: (name: string) => void;
}

/** A sealed batch with all that becomes durable with it, in one transaction. */
export interface SealedBatch {
  entries: Entries;
  sealed: Sealed;
  row: Omit<BatchRow, 'members' | 'record'>;
  refusals: Refusal[];
  /** What endpoints are to be told of it. */
  notifications: NotificationRow[];
  /** The epoch that begins after it, if it is the last of its own. */
  epochs: (EpochStart & { source: string })[];
}

/** A batch that is on the disk. */
export interface DurableBatch {
  manifest: Manifest;
  /** Compressed, record included. */
  bytes: number;
  /** Its entries that are sent in the refused form alone. */
  refusals: readonly Refusal[];
  notifications: readonly NotificationRow[];
}

/**
 * Makes one source's sealed batches durable, in order: compresses each and commits it while the next one fills. Nothing
 * of a batch may leave the node before its subscribers are called.
 */
export class Durable {
  readonly #options: DurableOptions;
  readonly #subscribers: ((batch: DurableBatch) => void)[] = [];
  /** Two buffers: one fills while the other is compressed. */
  readonly #idle: Entries[];
  #compressing: Promise<void> = Promise.resolve();
  #uncommittedBytes = 0;
  #wake: () => void = () => undefined;
  #failure: Error | undefined;

  constructor(options: DurableOptions) {
    this.#options = options;
    const { batchBytesMax, batchEventsMax } = options;
    const size = { bytes: batchBytesMax + memberBytesMax, events: batchEventsMax, memberBytesMax };
    this.#idle = [new Entries(size), new Entries(size)];
  }

  /** Compressed and not yet durable. */
  get uncommittedBytes(): number {
    return this.#uncommittedBytes;
  }

  /** `onDurable` is called once for each batch, in order, in the order of subscribing. */
  subscribe(onDurable: (batch: DurableBatch) => void): void {
    this.#subscribers.push(onDurable);
  }

  /** An empty buffer, as soon as there is one and not too much waits for its commit. Throws what a commit failed with. */
  async emptyEntries(): Promise<Entries> {
    while (!this.#failure && (this.#idle.length === 0 || this.#uncommittedBytes > uncommittedBytesMax)) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#failure) throw this.#failure;
    return this.#idle.pop()!;
  }

  /** Takes a sealed batch, its buffer included, and returns at once. What fails is thrown by the calls that follow. */
  store(batch: SealedBatch): void {
    this.#compressing = this.#compressing
      .then(() => this.#compress(batch))
      .catch((error: unknown) => this.#fail(error));
  }

  /** Resolves when all that was given is durable; throws what a commit failed with. */
  async drain(): Promise<void> {
    await this.#compressing;
    while (this.#uncommittedBytes > 0 && !this.#failure)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failure) throw this.#failure;
  }

  /** Resolves when the batch is compressed and its commit has begun: the next one is compressed meanwhile. */
  async #compress(batch: SealedBatch): Promise<void> {
    const { entries, sealed, row, epochs, refusals, notifications } = batch;
    const members = await Promise.all(entries.members().map(compressMember));
    this.#idle.push(entries);
    this.#wake();
    const record = await compressRecord(sealed.record);
    const bytes = members.reduce((sum, { body }) => sum + body.length, record.length);
    this.#uncommittedBytes += bytes;
    this.#options.failpoint('compressed');
    this.#options.committer
      .commit({ epochs, refusals, notifications, batches: [{ ...row, members, record }] })
      .then(
        () => this.#onCommitted(batch, members, bytes),
        (error: unknown) => this.#fail(error),
      );
  }

  #onCommitted(batch: SealedBatch, members: readonly Member[], bytes: number): void {
    const { sealed, row, refusals, notifications } = batch;
    // The store has had its own copy.
    for (const { body } of members) release(body);
    this.#uncommittedBytes -= bytes;
    this.#options.failpoint('durable');
    if (row.closes) this.#options.failpoint('epoch durable');
    this.#wake();
    for (const onDurable of this.#subscribers)
      onDurable({ manifest: sealed.manifest, bytes, refusals, notifications });
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

/** The bulk body of a batch record. */
async function compressRecord({ id, bytes }: Sealed['record']): Promise<Buffer> {
  const action = Buffer.from(`{"create":{"_id":"${id}"}}\n`);
  return await compress(Buffer.concat([action, bytes, Buffer.of(0x0a)]), compression);
}
