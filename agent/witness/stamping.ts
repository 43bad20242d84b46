import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import { createDocument } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { messageOf } from '../error.ts';
import type { Logger, SourceMeter } from '../observe/index.ts';
import { parseTimeStamp, SealError, timeStampDocument, timeStampQuery } from '../seal/index.ts';
import type { Committer, CosigningRow, StoredBatch } from '../store/index.ts';
import { recordStream } from '../streams/index.ts';
import type { Connection } from './connection.ts';
import { WitnessError } from './error.ts';
import { addedBy } from './sealed-batch.ts';

const pauseMilliseconds = { least: 1000, most: 300_000 };
/** How often a failure is logged while it lasts. */
const sayMilliseconds = 300_000;
const nonceBytes = 8;

/** The row of the state, beside those of witnesses, whose vkeys are no such word. */
const rowName = 'time-stamps';

export interface StampingParts {
  sourceName: string;
  tsa: Connection;
  everySeconds: number;
  client: ElasticsearchClient;
  namespace: string;
  committer: Pick<Committer, 'commitLazily'>;
  meter: SourceMeter;
  logger: Logger;
  now: () => Date;
  rows: readonly CosigningRow[];
}

interface Waiting {
  origin: string;
  vkey: string;
  size: number;
  note: string;
}

/**
 * Has a checkpoint of one source stamped by a time-stamping authority (RFC 3161) now and then, once Elasticsearch has its batch, and
 * keeps the reply in the record stream. Nothing waits for it.
 */
export class Stamping {
  readonly #parts: StampingParts;
  /** Milliseconds since 1970, by the node's clock. */
  #lastAt = -Infinity;
  #waiting: Waiting | undefined;
  #saidAt = -Infinity;
  #wake = new AbortController();

  constructor(parts: StampingParts) {
    this.#parts = parts;
    const row = parts.rows.find(({ witness }) => witness === rowName);
    const at = Date.parse(row?.state ?? '');
    // One of the future is a clock that was set back.
    if (!Number.isNaN(at) && at <= parts.now().getTime()) {
      this.#lastAt = at;
      parts.meter.stampedAt = at / 1000;
    }
  }

  /** Takes a batch that Elasticsearch has; most are passed over. */
  take({ origin, vkey, record }: StoredBatch): void {
    const { now, everySeconds, logger } = this.#parts;
    if (this.#waiting || now().getTime() - this.#lastAt < everySeconds * 1000) return;
    try {
      const { tree, checkpoint } = addedBy({ record });
      this.#waiting = { origin, vkey, size: tree.to, note: checkpoint };
      this.#wake.abort();
    } catch (error) {
      logger.error(
        { error },
        `a batch of ${origin} cannot be time-stamped: ${messageOf(error)}. Report this`,
      );
    }
  }

  /** Until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#waiting) await this.#untilStamped(this.#waiting, signal);
      else {
        await delay(2 ** 30, undefined, { signal: AbortSignal.any([signal, this.#wake.signal]) }).catch(
          () => undefined,
        );
        this.#wake = new AbortController();
      }
    }
  }

  async #untilStamped(waiting: Waiting, signal: AbortSignal): Promise<void> {
    try {
      await pRetry(async () => await this.#stamp(waiting, signal), {
        retries: Infinity,
        minTimeout: pauseMilliseconds.least,
        maxTimeout: pauseMilliseconds.most,
        randomize: true,
        signal,
        onFailedAttempt: ({ error }) => {
          if (signal.aborted) return;
          this.#parts.meter.stampFailures += 1;
          this.#say(error);
        },
      });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #stamp({ origin, vkey, size, note }: Waiting, signal: AbortSignal): Promise<void> {
    const { client, namespace, now, sourceName: source, committer, meter, tsa } = this.#parts;
    const nonce = randomBytes(nonceBytes);
    const { status, body: reply } = await tsa.post(
      { type: 'application/timestamp-query', body: timeStampQuery(note, nonce) },
      signal,
    );
    if (status !== 200) throw new WitnessError('later', `it answers ${status}`);
    parseTimeStamp(reply, note, nonce);
    const document = timeStampDocument({ note, reply, origin, size, vkey }, namespace, now());
    await createDocument(client, { stream: recordStream(namespace), ...document, signal });
    this.#waiting = undefined;
    this.#lastAt = now().getTime();
    meter.stampedAt = this.#lastAt / 1000;
    const row = { source, origin: '', witness: rowName, state: now().toISOString() };
    // Lost in a crash, another is asked for; what fails here fails every commit, and is said there.
    committer.commitLazily({ cosigning: [row] }).catch(() => undefined);
  }

  #say(error: Error): void {
    if (performance.now() - this.#saidAt < sayMilliseconds) return;
    this.#saidAt = performance.now();
    const isReply = error instanceof SealError;
    this.#parts.logger.warn(
      { 'auditseal.source': this.#parts.sourceName },
      `no time-stamp: ${isReply ? 'what the authority answers is none: ' : ''}${messageOf(error)}. It is asked again; shipping goes on`,
    );
  }
}
