import { gzipSync } from 'node:zlib';
import type { Logger, SourceMeter } from '../observe/index.ts';
import {
  importKey,
  logIdOf,
  noteDocument,
  refusalDocumentId,
  refusalText,
  refusedForm,
} from '../seal/index.ts';
import type { Committer, Refusal, StoredBatch } from '../store/index.ts';
import type { Aside } from './quarantine.ts';
import { Arrivals, type IndexRange } from './arrivals.ts';
import { isStored } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { deliver, type Poison, type Send } from './delivery.ts';
import { ShipError } from '../elasticsearch/index.ts';
import type { Lookup } from './lookup.ts';
import { linesOf, parcelOf, parcelsOf, without, type Line, type Parcel } from './body.ts';
import { untilDone, type RetryOptions } from '../elasticsearch/index.ts';
import { idOf, Sender } from './sender.ts';
import { eventStream, recordStream } from '../streams/index.ts';

const requestBytesMax = 4 * 1024 * 1024;

export interface ShipmentParts {
  sourceName: string;
  client: ElasticsearchClient;
  /** Looks for what may be there already; undefined without a key that may read. */
  lookup: Lookup | undefined;
  namespace: string;
  committer: Committer;
  meter: SourceMeter;
  logger: Logger;
  now: () => Date;
  failpoint: (name: string) => void;
  /** For refused forms that are refused too. */
  aside: Aside;
  /** Told when a refusal is durable: the next manifest gives notice of it. */
  refused: (refusal: Refusal) => void;
}

/** The write index of each stream that an answer named last: what is sent from now on lands there or in a later one. */
export interface SeenIndices {
  events: { index: string | undefined };
  records: { index: string | undefined };
}

/** One stored batch on its way: all events, then what was refused in its other form, then the record. */
export class Shipment {
  readonly #parts: ShipmentParts;
  readonly #batch: StoredBatch;
  readonly #retrying: Omit<RetryOptions, 'shouldRetry'>;
  readonly #arrivals: readonly Arrivals[];
  readonly #events: Sender;
  readonly #records: Sender;

  /** `earlier`: an earlier process may have sent any of the batch, after it had seen those write indices last. */
  constructor(
    parts: ShipmentParts,
    batch: StoredBatch,
    seen: SeenIndices,
    earlier: SeenIndices | undefined,
    retrying: Omit<RetryOptions, 'shouldRetry'>,
  ) {
    this.#parts = parts;
    this.#batch = batch;
    this.#retrying = retrying;
    const { client, lookup, namespace } = parts;
    const events = new Arrivals(earlier && { since: earlier.events.index });
    const records = new Arrivals(earlier && { since: earlier.records.index });
    this.#arrivals = [events, records];
    const shared = { client, lookup };
    this.#events = new Sender({
      ...shared,
      stream: eventStream(namespace),
      seen: seen.events,
      arrivals: events,
    });
    this.#records = new Sender({
      ...shared,
      stream: recordStream(namespace),
      seen: seen.records,
      arrivals: records,
    });
  }

  /** Resolves when Elasticsearch has all of it, with the indexes of what it may now have more than once. */
  async run(): Promise<IndexRange[]> {
    const { failpoint } = this.#parts;
    const { members, refusals: known, first, count, record } = this.#batch;
    failpoint('shipping');
    const sentElsewise = new Set(known.map(({ index }) => index));
    const poison: Poison[] = [];
    for (const parcel of parcelsOf(members, requestBytesMax)) {
      const whole = parcel.indexes.some((index) => sentElsewise.has(index))
        ? await without(parcel, sentElsewise)
        : parcel;
      if (whole.indexes.length > 0) poison.push(...(await deliver(whole, this.#sendEvents, this.#retrying)));
    }
    failpoint('events shipped');
    const refusals = [...known, ...(await this.#refuse(poison))];
    if (refusals.length > 0) await this.#shipRefused(refusals);
    await this.#create(this.#records, single(first + count, record));
    failpoint('record shipped');
    return this.#arrivals.flatMap((arrivals) => arrivals.copies());
  }

  readonly #sendEvents: Send = ({ parcel, signal }) => this.#events.send(parcel, signal);

  /** Durable before the form is first sent: from then on only the form is sent. */
  async #refuse(poison: Poison[]): Promise<Refusal[]> {
    if (poison.length === 0) return [];
    const { committer, meter, logger, now, refused, failpoint } = this.#parts;
    const { origin } = this.#batch;
    const at = now().toISOString();
    const refusals = poison.map((one) => ({ ...one, origin, at }));
    await committer.commit({ refusals });
    failpoint('refusal durable');
    meter.refused += refusals.length;
    for (const refusal of refusals) {
      logger.warn(
        { 'event.sequence': refusal.index, 'auditseal.origin': origin, 'auditseal.refusal': refusal },
        'Elasticsearch refuses this event for good; it is sent in the refused form',
      );
      refused(refusal);
    }
    return refusals;
  }

  async #shipRefused(refusals: Refusal[]): Promise<void> {
    const { origin, privateKey, vkey, members } = this.#batch;
    const key = importKey(origin, privateKey);
    const logId = logIdOf(vkey);
    const notes = refusals.map(({ index, status, type, at }) => {
      // The same bytes whenever it is sent: should there be copies, they are copies.
      const text = refusalText(origin, index, status, type);
      const note = noteDocument(text, key, this.#parts.namespace, new Date(at));
      return { index, bytes: createLine(refusalDocumentId(logId, index), note) };
    });
    for (const { index, bytes } of await this.#createAll(this.#records, notes))
      await this.#create(this.#records, single(index, gzipSync(bytes)));
    const byIndex = new Map(refusals.map((refusal) => [refusal.index, refusal]));
    for (const parcel of parcelsOf(members, requestBytesMax)) {
      if (!parcel.indexes.some((index) => byIndex.has(index))) continue;
      const forms = (await linesOf(parcel)).flatMap(({ index, bytes }) => {
        const refusal = byIndex.get(index);
        return refusal ? [{ index, bytes: inRefusedForm(bytes, refusal) }] : [];
      });
      for (const form of await this.#createAll(this.#events, forms)) await this.#putAside(form);
    }
    this.#parts.failpoint('refused shipped');
  }

  /** Returns what was refused. */
  async #createAll(sender: Sender, lines: Line[]): Promise<Line[]> {
    const send: Send = ({ parcel, signal }) => sender.send(parcel, signal);
    const poison = await deliver(await parcelOf(lines), send, this.#retrying);
    const refused = new Map(poison.map(({ index, message }) => [index, message]));
    for (const [index, message] of refused) {
      const about = { 'event.sequence': index, 'auditseal.origin': this.#batch.origin };
      this.#parts.logger.error(about, `refused in the form that nothing should refuse: ${message}`);
    }
    return lines.filter(({ index }) => refused.has(index));
  }

  /** One event never stops the log. Without room, or with a disk that fails, it is tried until it works after all. */
  async #putAside({ index, bytes }: Line): Promise<void> {
    const { aside, logger, meter } = this.#parts;
    const id = idOf({ index, bytes });
    const done = await aside.put(id, bytes).catch((error: unknown) => {
      logger.error({ error }, 'a refused event could not be put aside');
      return false;
    });
    if (!done) return await this.#create(this.#events, single(index, gzipSync(bytes)));
    meter.asideEvents += 1;
    logger.error(
      { 'event.sequence': index, 'auditseal.origin': this.#batch.origin, 'file.directory': aside.folder },
      `event ${id} was refused in the refused form, too, and is put aside; it is missing until it is delivered: see "put aside" in docs/operations.md`,
    );
  }

  /** Creates one document of ours that Elasticsearch has no reason to refuse; a 409 means that it has it. */
  async #create(sender: Sender, parcel: Parcel): Promise<void> {
    const attempt = async () => {
      const item = (await sender.send(parcel, this.#retrying.signal))[0]!;
      if (isStored(item)) return;
      const { status, error } = item;
      throw new ShipError(
        status === 429 || status >= 500 ? 'rejected' : 'refused',
        `${sender.stream}: ${status} ${error?.type}: ${error?.reason}`,
        { status },
      );
    };
    await untilDone(attempt, this.#retrying);
  }
}

/** The bulk lines that create `document`. */
export function createLine(id: string, document: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"create":{"_id":"${id}"}}\n`), document, Buffer.of(0x0a)]);
}

/** A parcel of one document; it is never split, so its size is nobody's matter. */
function single(index: number, body: Uint8Array): Parcel {
  return { indexes: [index], bytes: 0, members: [{ first: index, count: 1, bytes: 0, body }] };
}

function inRefusedForm(line: Buffer, { message }: Refusal): Buffer {
  const actionEnd = line.indexOf(0x0a) + 1;
  return Buffer.concat([
    line.subarray(0, actionEnd),
    refusedForm(line.subarray(actionEnd, -1), message),
    Buffer.of(0x0a),
  ]);
}
