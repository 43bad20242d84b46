import { gzipSync } from 'node:zlib';
import type { Logger, Metrics } from '../observe/index.ts';
import {
  importKey,
  logIdOf,
  noteDocument,
  refusalDocumentId,
  refusalText,
  refusedForm,
} from '../seal/index.ts';
import { release, type Committer, type Refusal, type Store, type StoredBatch } from '../store/index.ts';
import { bulk } from './bulk.ts';
import type { ElasticsearchClient } from './client.ts';
import { deliver, type Poison, type Send } from './delivery.ts';
import { ShipError } from './error.ts';
import { linesOf, parcelOf, parcelsOf, type Parcel } from './parcel.ts';
import { untilDone, type RetryOptions } from './retry.ts';
import { eventStream, recordStream } from './streams.ts';

const requestBytesMax = 4 * 1024 * 1024;

export interface ShipperParts {
  sourceName: string;
  client: ElasticsearchClient;
  namespace: string;
  store: Store;
  committer: Committer;
  metrics: Metrics;
  logger: Logger;
  now: () => Date;
  failpoint: (name: string) => void;
  /** Told when a refusal is durable: the next manifest gives notice of it. */
  refused: (refusal: Refusal) => void;
  /** Told when a batch is acknowledged whole, with its compressed bytes. */
  acknowledged: (bytes: number) => void;
}

/** Sends one source's stored batches as they are, oldest first, until Elasticsearch has them. */
export class Shipper {
  readonly #parts: ShipperParts;
  #wake: () => void = () => undefined;
  #news = false;
  #finishing = false;

  constructor(parts: ShipperParts) {
    this.#parts = parts;
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

  /** All events, then what was refused in its other form, then the record: only then is the batch acknowledged. */
  async #ship(batch: StoredBatch, signal: AbortSignal): Promise<void> {
    const { committer, failpoint } = this.#parts;
    failpoint('shipping');
    const known = new Set(batch.refusals.map(({ index }) => index));
    const poison: Poison[] = [];
    for (const parcel of parcelsOf(batch.members, requestBytesMax)) {
      const whole = parcel.indexes.some((index) => known.has(index)) ? await without(parcel, known) : parcel;
      if (whole.indexes.length > 0)
        poison.push(...(await deliver(whole, this.#sendEvents, this.retrying(signal))));
    }
    failpoint('events shipped');
    const refusals = [...batch.refusals, ...(await this.#refuse(batch, poison))];
    if (refusals.length > 0) await this.#shipRefused(batch, refusals, signal);
    await this.#shipRecord(batch, signal);
    failpoint('record shipped');
    this.#acknowledge(batch);
    committer.commitLazily({ acknowledged: [batch.seq] }).then(
      () => failpoint('acknowledged'),
      (error: unknown) =>
        this.#parts.logger.error(
          { error },
          'an acknowledgement could not be stored; the batch will be sent again',
        ),
    );
  }

  readonly #sendEvents: Send = async ({ body, count, signal }) => {
    const { client, namespace } = this.#parts;
    return (await bulk(client, { stream: eventStream(namespace), gzipBody: body, count, signal })).items;
  };

  /** Durable before the form is first sent: from then on only the form is sent. */
  async #refuse({ origin }: StoredBatch, poison: Poison[]): Promise<Refusal[]> {
    if (poison.length === 0) return [];
    const { committer, metrics, logger, sourceName, now, refused, failpoint } = this.#parts;
    const at = now().toISOString();
    const refusals = poison.map((one) => ({ ...one, origin, at }));
    await committer.commit({ refusals });
    failpoint('refusal durable');
    metrics.refused.inc({ source: sourceName }, refusals.length);
    for (const refusal of refusals) {
      logger.warn(
        { 'event.sequence': refusal.index, 'auditseal.origin': origin, 'auditseal.refusal': refusal },
        'Elasticsearch refuses this event for good; it is sent in the refused form',
      );
      refused(refusal);
    }
    return refusals;
  }

  async #shipRefused(batch: StoredBatch, refusals: Refusal[], signal: AbortSignal): Promise<void> {
    const key = importKey(batch.origin, batch.privateKey);
    const logId = logIdOf(batch.vkey);
    const byIndex = new Map(refusals.map((refusal) => [refusal.index, refusal]));
    for (const { index, status, type } of refusals) {
      const note = noteDocument(
        refusalText(batch.origin, index, status, type),
        key,
        this.#parts.namespace,
        this.#parts.now(),
      );
      await this.#createOne(
        recordStream(this.#parts.namespace),
        createLine(refusalDocumentId(logId, index), note),
        signal,
      );
    }
    for (const parcel of parcelsOf(batch.members, requestBytesMax)) {
      if (!parcel.indexes.some((index) => byIndex.has(index))) continue;
      for (const { index, bytes } of await linesOf(parcel)) {
        const refusal = byIndex.get(index);
        if (refusal)
          await this.#createOne(eventStream(this.#parts.namespace), inRefusedForm(bytes, refusal), signal);
      }
    }
    this.#parts.failpoint('refused shipped');
  }

  async #shipRecord({ record }: StoredBatch, signal: AbortSignal): Promise<void> {
    await this.#create(recordStream(this.#parts.namespace), Buffer.from(record), signal);
  }

  #createOne(stream: string, line: Buffer, signal: AbortSignal): Promise<void> {
    return this.#create(stream, gzipSync(line), signal);
  }

  /** Creates one document of ours that Elasticsearch has no reason to refuse; a 409 means that it has it. */
  async #create(stream: string, gzipBody: Buffer, signal: AbortSignal): Promise<void> {
    const attempt = async () => {
      const { items } = await bulk(this.#parts.client, { stream, gzipBody, count: 1, signal });
      const { status, error, failureStore } = items[0]!;
      if (failureStore !== 'used' && failureStore !== 'failed' && (status === 201 || status === 409)) return;
      throw new ShipError(
        status === 429 || status >= 500 ? 'rejected' : 'refused',
        `${stream}: ${status} ${error?.type}: ${error?.reason}`,
        { status },
      );
    };
    await untilDone(attempt, this.retrying(signal));
  }

  #acknowledge(batch: StoredBatch): void {
    const { metrics, sourceName: source, now, acknowledged } = this.#parts;
    metrics.shippedBatches.inc({ source });
    metrics.shippedEvents.inc({ source }, batch.count);
    if (batch.newest !== null) {
      const newest = Date.parse(batch.newest) / 1000;
      metrics.newestEvent.set({ source }, newest);
      metrics.deliverySeconds.observe({ source }, Math.max(0, now().getTime() / 1000 - newest));
    }
    acknowledged(batch.members.reduce((sum, { body }) => sum + body.length, batch.record.length));
  }

  /** How this source retries: without end, counted and said. */
  retrying(signal: AbortSignal): Omit<RetryOptions, 'shouldRetry'> {
    const { metrics, logger, sourceName } = this.#parts;
    return {
      signal,
      failed: (error, milliseconds) => {
        const cause = error instanceof ShipError ? error.code : 'error';
        metrics.retries.inc({ source: sourceName, cause });
        logger.warn(
          { error, 'auditseal.source': sourceName },
          `Elasticsearch: ${cause}; batches are kept, next try in ${Math.round(milliseconds)} ms`,
        );
      },
    };
  }
}

/** The bulk lines that create `document`. */
export function createLine(id: string, document: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"create":{"_id":"${id}"}}\n`), document, Buffer.of(0x0a)]);
}

async function without(parcel: Parcel, indexes: Set<number>): Promise<Parcel> {
  return await parcelOf((await linesOf(parcel)).filter(({ index }) => !indexes.has(index)));
}

function inRefusedForm(line: Buffer, { message }: Refusal): Buffer {
  const actionEnd = line.indexOf(0x0a) + 1;
  return Buffer.concat([
    line.subarray(0, actionEnd),
    refusedForm(line.subarray(actionEnd, -1), message),
    Buffer.of(0x0a),
  ]);
}
