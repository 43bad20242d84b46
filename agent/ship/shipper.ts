import { gzipSync } from 'node:zlib';
import { bulk, causeOf, ElasticsearchError, isStored, notStored } from '../elasticsearch/index.ts';
import type { RetryOptions } from '../elasticsearch/index.ts';
import { release } from '../store/index.ts';
import type { CopiesRow, SeenRow, Store, StoredBatch, Transaction } from '../store/index.ts';
import { eventStream } from '../streams/index.ts';
import type { IndexRange } from './arrivals.ts';
import { Shipment } from './shipment.ts';
import type { SeenIndices, ShipmentParts } from './shipment.ts';

export interface ShipperParts extends ShipmentParts {
  store: Store;
  /** What an earlier process left: how far it may have got, and the write indices that it is known to have seen. */
  earlier: { seq: number; seen: SeenRow };
  /** Elasticsearch has the whole batch, its record included. */
  onAcknowledged: (batch: StoredBatch) => void;
  /** What is to become durable with that. */
  withAcknowledged?: ((batch: StoredBatch) => Promise<Partial<Transaction>>) | undefined;
  /** It has become durable that Elasticsearch has it. */
  onKnownAcknowledged?: ((batch: StoredBatch) => void) | undefined;
  /** It has become durable that documents may exist more than once: the next manifest announces it. */
  onCopies: (copies: CopiesRow[]) => void;
}

/** Sends one source's stored batches as they are, oldest first, until Elasticsearch has them. */
export class Shipper {
  readonly #parts: ShipperParts;
  readonly #seen: SeenIndices;
  #wake: () => void = () => undefined;
  #news = false;
  #finishing = false;

  constructor(parts: ShipperParts) {
    this.#parts = parts;
    this.#seen = seenFrom(parts.earlier.seen);
  }

  /** A batch has become durable. */
  notify(): void {
    this.#news = true;
    this.#wake();
  }

  /** Nothing more will be stored: `run` ends when all that is stored is shipped. */
  finish(): void {
    this.#finishing = true;
    this.#wake();
  }

  /** Ships until `signal` aborts, or until all is shipped after `finish`. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, sourceName } = this.#parts;
    const stopped = () => this.#wake();
    signal.addEventListener('abort', stopped, { once: true });
    await this.#retryQuarantined(signal);
    for (let after = 0; !signal.aborted;) {
      this.#news = false;
      const batch = await store.next(sourceName, after);
      if (batch) {
        await this.#ship(batch, signal);
        for (const { body } of batch.members) release(body);
        after = batch.seq;
      } else if (this.#finishing) break;
      else if (!this.#news) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    signal.removeEventListener('abort', stopped);
  }

  /** Tries once to deliver what is quarantined: whatever refused it may have been mended. Nothing waits for it. */
  async #retryQuarantined(signal: AbortSignal): Promise<void> {
    const { quarantine, logger, meter } = this.#parts;
    try {
      meter.quarantinedEvents = await quarantine.count();
      for await (const { id, lines } of quarantine.all()) {
        const why = await this.#create(lines, signal);
        if (why !== undefined) {
          logger.warn(
            `event ${id} is still refused and stays in quarantine: ${why}. verify calls it missing until it is delivered: mend what refuses it, then restart the agent`,
          );
          continue;
        }
        await quarantine.remove(id);
        meter.quarantinedEvents -= 1;
        logger.info(`event ${id}, which was in quarantine, is delivered`);
      }
    } catch (error) {
      if (!signal.aborted)
        logger.warn(
          { error },
          'the events in quarantine could not be tried again: they stay there, and verify calls them missing, until the next start',
        );
    }
  }

  /** Tries once to create one document; why it was refused, if it was. */
  async #create(lines: Buffer, signal: AbortSignal): Promise<string | undefined> {
    const { client, namespace } = this.#parts;
    try {
      const stream = eventStream(namespace);
      const { items } = await bulk(client, { stream, gzipBody: gzipSync(lines), count: 1, signal });
      const item = items[0]!;
      return isStored(item) ? undefined : notStored(stream, 'the event', item).message;
    } catch (error) {
      if (error instanceof ElasticsearchError && error.code === 'too-large') return error.message;
      throw error;
    }
  }

  async #ship(batch: StoredBatch, signal: AbortSignal): Promise<void> {
    const { earlier } = this.#parts;
    const before = batch.seq <= earlier.seq ? seenFrom(earlier.seen) : undefined;
    const shipment = new Shipment(this.#parts, batch, this.#seen, before, this.retryOptions(signal));
    const copies = await shipment.run();
    this.#parts.onAcknowledged(batch);
    this.#store(batch, copies, (await this.#parts.withAcknowledged?.(batch)) ?? {});
  }

  /**
   * An acknowledgement that a crash takes back is harmless: the batch is sent again. What must not be lost with it: that
   * there may be copies, and which write index was seen last when nothing of the batches to come had been sent yet.
   */
  #store(batch: StoredBatch, ranges: IndexRange[], more: Partial<Transaction>): void {
    const { committer, failpoint, logger, sourceName: source, now, earlier, onCopies } = this.#parts;
    const { events, records } = this.#seen;
    const seen = { source, events: events.index ?? null, records: records.index ?? null };
    const at = now().toISOString();
    const copies = ranges.map((range) => ({ source, origin: batch.origin, ...range, at }));
    const part = { ...more, acknowledged: [batch.seq], copies, seen: batch.seq >= earlier.seq ? [seen] : [] };
    const durable = copies.length > 0 ? committer.commit(part) : committer.commitLazily(part);
    durable.then(
      () => {
        failpoint('acknowledged');
        if (copies.length > 0) onCopies(copies);
        this.#parts.onKnownAcknowledged?.(batch);
        return undefined;
      },
      (error: unknown) =>
        logger.error(
          { error },
          'the state cannot be written, so that a batch that Elasticsearch has is not known as delivered: it is sent again after a ' +
            'restart, and nothing is lost. See the error, and the disk of stateDir',
        ),
    );
    for (const { first, last } of ranges) {
      logger.warn(
        { 'auditseal.origin': batch.origin, 'auditseal.first': first, 'auditseal.last': last },
        'sent again after a rollover, since no answer told what became of it: identical copies are possible. The next manifest announces ' +
          'them, so that verify counts them as copies; with elasticsearch.lookupApiKeyFile the agent looks first and leaves none',
      );
    }
  }

  /** This source tries again without end; each failure is counted and logged. */
  retryOptions(signal: AbortSignal): Omit<RetryOptions, 'shouldRetry'> {
    const { meter, logger, sourceName, now } = this.#parts;
    return {
      signal,
      onFailure: (error, milliseconds) => {
        const cause = causeOf(error);
        meter.retried(cause, error.message, now());
        logger.warn(
          { error, 'auditseal.source': sourceName },
          `Elasticsearch: ${cause}; batches are kept, next try in ${Math.round(milliseconds)} ms; if it goes on, look at the error and at Elasticsearch: no event is lost while the spool has room`,
        );
      },
    };
  }
}

function seenFrom({ events, records }: SeenRow): SeenIndices {
  return { events: { index: events ?? undefined }, records: { index: records ?? undefined } };
}
