import { gzipSync } from 'node:zlib';
import type { Logger, SourceMeter } from '../observe/index.ts';
import { firstForm, importKey, refusalNote, refusedForm } from '../seal/index.ts';
import type { RefusedForm } from '../seal/index.ts';
import type { Committer, Refusal, StoredBatch } from '../store/index.ts';
import { isStored, notStored, untilDone } from '../elasticsearch/index.ts';
import type { ElasticsearchClient, RetryOptions } from '../elasticsearch/index.ts';
import { eventStream, recordStream } from '../streams/index.ts';
import { Arrivals } from './arrivals.ts';
import type { IndexRange } from './arrivals.ts';
import { bulkBodiesOf, bulkBodyOf, creationsOf, without } from './bulk-body.ts';
import type { BulkBody, Creation } from './bulk-body.ts';
import { deliver } from './delivery.ts';
import type { Poison } from './delivery.ts';
import type { Lookup } from './lookup.ts';
import type { Quarantine } from './quarantine.ts';
import { idOf, Sender } from './sender.ts';

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
  /** For events that are refused in the refused form as well. */
  quarantine: Quarantine;
  /** The first refusal of an event has become durable: the next manifest announces it. */
  onRefusal: (refusal: Refusal) => void;
}

/** The write index of each stream that an answer named last: what is sent from now on lands there or in a later one. */
export interface SeenIndices {
  events: { index: string | undefined };
  records: { index: string | undefined };
}

/** Delivers one stored batch: all its events, then those that were refused in their refused form, then its record. */
export class Shipment {
  readonly #parts: ShipmentParts;
  readonly #batch: StoredBatch;
  readonly #retryOptions: Omit<RetryOptions, 'shouldRetry'>;
  readonly #arrivals: readonly Arrivals[];
  readonly #events: Sender;
  readonly #records: Sender;

  /** `earlier`: an earlier process may have sent any of the batch, after it had seen those write indices last. */
  constructor(
    parts: ShipmentParts,
    batch: StoredBatch,
    seen: SeenIndices,
    earlier: SeenIndices | undefined,
    retryOptions: Omit<RetryOptions, 'shouldRetry'>,
  ) {
    this.#parts = parts;
    this.#batch = batch;
    this.#retryOptions = retryOptions;
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
    const inRefusedForm = new Set(known.map(({ index }) => index));
    const poison: Poison[] = [];
    for (const all of bulkBodiesOf(members, requestBytesMax)) {
      const body = all.indexes.some((index) => inRefusedForm.has(index))
        ? await without(all, inRefusedForm)
        : all;
      if (body.indexes.length > 0) poison.push(...(await deliver(body, this.#events, this.#retryOptions)));
    }
    failpoint('events shipped');
    const fresh = await this.#refuse(poison, await this.#firstForms(poison));
    for (const refusal of fresh) this.#parts.onRefusal(refusal);
    this.#parts.meter.refused += fresh.length;
    const refusals = [...newestForms(known), ...fresh];
    if (refusals.length > 0) await this.#shipRefused(refusals);
    await this.#create(this.#records, single(first + count, record));
    failpoint('record shipped');
    return this.#arrivals.flatMap((arrivals) => arrivals.copies());
  }

  /** What is at fault shall cost only itself: a body that cannot be indexed does not hide who asked for what. */
  async #firstForms(poison: Poison[]): Promise<ReadonlyMap<number, RefusedForm>> {
    const refused = new Set(poison.map(({ index }) => index));
    const forms = new Map<number, RefusedForm>();
    await this.#eachEntry(refused, (index, entry) => forms.set(index, firstForm(entry)));
    return forms;
  }

  /** Durable before the form is first sent: from then on only that form is sent, or the next one. */
  async #refuse(poison: Poison[], forms: ReadonlyMap<number, RefusedForm>): Promise<Refusal[]> {
    if (poison.length === 0) return [];
    const { committer, logger, now, failpoint } = this.#parts;
    const { origin } = this.#batch;
    const at = now().toISOString();
    const refusals = poison.map((one) => ({ ...one, form: forms.get(one.index) ?? 'event', origin, at }));
    await committer.commit({ refusals });
    failpoint('refusal durable');
    for (const refusal of refusals) {
      logger.warn(
        { 'event.sequence': refusal.index, 'auditseal.origin': origin, 'auditseal.refusal': refusal },
        `Elasticsearch refuses this event for good; it is sent ${leftOut[refusal.form]}, which holds all of it compressed and verifies like any other. The ` +
          'refusal says why: if a mapping or a limit of others is the cause, mend that for the events to come',
      );
    }
    return refusals;
  }

  /** Notes and forms of refused events. What is refused without its bodies is refused again, without its event. */
  async #shipRefused(refusals: readonly Refusal[]): Promise<void> {
    await this.#shipNotes(refusals);
    const byIndex = new Map(refusals.map((refusal) => [refusal.index, refusal]));
    const again: Poison[] = [];
    for (const body of bulkBodiesOf(this.#batch.members, requestBytesMax)) {
      if (!body.indexes.some((index) => byIndex.has(index))) continue;
      const forms = (await creationsOf(body)).flatMap(({ index, bytes }) => {
        const refusal = byIndex.get(index);
        return refusal ? [{ index, bytes: refusedFormOf(bytes, refusal) }] : [];
      });
      const refused = await this.#createAll(this.#events, forms);
      again.push(...refused.filter(({ index }) => byIndex.get(index)?.form === 'bodies'));
      const last = new Set(
        refused.map(({ index }) => index).filter((index) => byIndex.get(index)?.form === 'event'),
      );
      for (const form of forms) if (last.has(form.index)) await this.#quarantine(form);
    }
    this.#parts.failpoint('refused shipped');
    if (again.length > 0) await this.#shipRefused(await this.#refuse(again, new Map()));
  }

  async #shipNotes(refusals: readonly Refusal[]): Promise<void> {
    const { origin, privateKey } = this.#batch;
    const key = importKey(origin, privateKey);
    const notes = refusals.map((refusal) => {
      // The same bytes whenever it is sent: should there be copies, they are copies.
      const { id, source } = refusalNote(refusal, key, this.#parts.namespace, new Date(refusal.at));
      return { index: refusal.index, bytes: creationBytes(id, source) };
    });
    const refused = new Set((await this.#createAll(this.#records, notes)).map(({ index }) => index));
    for (const { index, bytes } of notes)
      if (refused.has(index)) await this.#create(this.#records, single(index, gzipSync(bytes)));
  }

  async #eachEntry(
    indexes: ReadonlySet<number>,
    onEntry: (index: number, entry: Buffer) => void,
  ): Promise<void> {
    for (const body of bulkBodiesOf(this.#batch.members, requestBytesMax)) {
      if (!body.indexes.some((index) => indexes.has(index))) continue;
      for (const { index, bytes } of await creationsOf(body))
        if (indexes.has(index)) onEntry(index, bytes.subarray(bytes.indexOf(0x0a) + 1, -1));
    }
  }

  /** Returns what was refused. */
  async #createAll(sender: Sender, creations: Creation[]): Promise<Poison[]> {
    const poison = await deliver(await bulkBodyOf(creations), sender, this.#retryOptions);
    for (const { index, message } of poison) {
      const about = { 'event.sequence': index, 'auditseal.origin': this.#batch.origin };
      this.#parts.logger.error(
        about,
        `refused in a form that nothing should refuse: ${message}. A mapping or a limit of others, or something between the agent and Elasticsearch, is the cause`,
      );
    }
    return poison;
  }

  /** One event never stops the log. Without room in the quarantine, or with a disk that fails, it is tried until it works after all. */
  async #quarantine({ index, bytes }: Creation): Promise<void> {
    const { quarantine, logger, meter } = this.#parts;
    const id = idOf({ index, bytes });
    const done = await quarantine.add(id, bytes).catch((error: unknown) => {
      logger.error(
        { error },
        'a refused event could not be quarantined, so that its log waits and the event is tried again. See the error, and the disk of stateDir',
      );
      return false;
    });
    if (!done) return await this.#create(this.#events, single(index, gzipSync(bytes)));
    meter.quarantinedEvents += 1;
    logger.error(
      {
        'event.sequence': index,
        'auditseal.origin': this.#batch.origin,
        'file.directory': quarantine.folder,
      },
      `event ${id} was refused in the refused form, too, and is in quarantine: verify calls it missing until it is delivered. Mend what refuses it, then restart the agent: see "An event is put aside" in docs/operations.md`,
    );
  }

  /** Creates one document of ours that Elasticsearch has no reason to refuse; a 409 means that it has it. */
  async #create(sender: Sender, body: BulkBody): Promise<void> {
    const attempt = async () => {
      const item = (await sender.send(body, this.#retryOptions.signal))[0]!;
      if (isStored(item)) return;
      throw notStored(sender.stream, `the document of index ${body.indexes[0]}`, item);
    };
    await untilDone(attempt, this.#retryOptions);
  }
}

/** The two lines of a bulk body that create `document`. */
export function creationBytes(id: string, document: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"create":{"_id":"${id}"}}\n`), document, Buffer.of(0x0a)]);
}

/** A body of one document. Its size is given as 0: it is never split, and nothing else asks for it. */
function single(index: number, body: Uint8Array): BulkBody {
  return { indexes: [index], bytes: 0, members: [{ first: index, count: 1, bytes: 0, body }] };
}

const leftOut: Record<RefusedForm, string> = {
  bodies: 'without its bodies',
  event: 'without its event, under the fields of its head',
};

/** Of what was refused in both forms, the second. */
function newestForms(refusals: readonly Refusal[]): Refusal[] {
  const second = new Set(refusals.filter(({ form }) => form === 'event').map(({ index }) => index));
  return refusals.filter(({ form, index }) => form === 'event' || !second.has(index));
}

function refusedFormOf(line: Buffer, { message, form }: Refusal): Buffer {
  const actionEnd = line.indexOf(0x0a) + 1;
  const entry = line.subarray(actionEnd, -1);
  const bytes = refusedForm(entry, message, form);
  if (bytes === undefined)
    throw new Error(`an entry without bodies was refused in the form of bodies: report this`);
  return Buffer.concat([line.subarray(0, actionEnd), bytes, Buffer.of(0x0a)]);
}
