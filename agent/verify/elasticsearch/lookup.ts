import { ElasticsearchError, searchPage } from '../../elasticsearch/index.ts';
import type { ElasticsearchClient, Walk } from '../../elasticsearch/index.ts';
import { eventStream, recordStream } from '../../streams/index.ts';
import { parseDocument } from '../parse-document.ts';
import { kindOfRecord, recordClaim } from '../records/claim.ts';
import { judgeRecord } from '../records/record.ts';
import type { StoredDocument } from '../streams.ts';
import { foundRecords } from './found-records.ts';
import {
  arrivalWalk,
  batchWalk,
  claimWalk,
  eventIdWalk,
  holdingWalk,
  newestWalk,
  nextOriginWalk,
  refusalWalk,
} from './queries.ts';

/** Of one question: what it is about has one document, or a few where somebody has written more. */
const hitsMax = 20;
/** Under an operator's name, from the first that arrived on. */
const statementsMax = 1000;

/** Looks up single documents of both streams, as of now and forged or not, some of each. Throws ElasticsearchError. */
export class Lookup {
  readonly namespace: string;
  readonly #client: ElasticsearchClient;
  readonly #signal: AbortSignal | undefined;

  constructor(client: ElasticsearchClient, namespace: string, signal?: AbortSignal) {
    this.namespace = namespace;
    this.#client = client;
    this.#signal = signal;
  }

  /** Events with these `_id`s, in any backing index. */
  events(ids: readonly string[]): AsyncIterable<StoredDocument> {
    return this.#search(eventStream(this.namespace), { query: { ids: { values: ids } } });
  }

  /** Events that say that they have this `event.id`. */
  eventsOf(eventId: string): AsyncIterable<StoredDocument> {
    return this.#search(eventStream(this.namespace), eventIdWalk(eventId));
  }

  /** Events that say that they are at this index of a log. */
  claims(origin: string, index: number): AsyncIterable<StoredDocument> {
    return this.#search(eventStream(this.namespace), claimWalk(origin, index));
  }

  /** Documents of the record stream with this `_id`. */
  record(id: string): AsyncIterable<StoredDocument> {
    return this.#search(recordStream(this.namespace), { query: { ids: { values: [id] } } });
  }

  /** Records that say that they hold a leaf index. */
  holding(origin: string, index: number): AsyncIterable<StoredDocument> {
    return this.#records(holdingWalk(origin, index), hitsMax);
  }

  /** Records that say that they are of one of these batches. */
  batches(origin: string, batches: readonly number[]): AsyncIterable<StoredDocument> {
    return this.#search(recordStream(this.namespace), batchWalk(origin, batches));
  }

  /** The newest records of a log that hold under a key of their own, then its start markers. */
  newest(origin: string): AsyncIterable<StoredDocument> {
    return this.#records(newestWalk(origin), 0);
  }

  /** Refusal notes about an index. */
  refusals(origin: string, index: number): AsyncIterable<StoredDocument> {
    return this.#search(recordStream(this.namespace), refusalWalk(origin, index));
  }

  /** What stands under an operator's name. */
  statements(name: string): AsyncIterable<StoredDocument> {
    return this.#search(recordStream(this.namespace), {
      size: statementsMax,
      ...arrivalWalk(name, 'asc'),
    });
  }

  /** The least origin of the record stream above this one. */
  async nextOrigin(after: string): Promise<string | undefined> {
    const found = this.#search(recordStream(this.namespace), { size: 1, ...nextOriginWalk(after) });
    for await (const { source } of found) return recordClaim(parseDocument(source))?.origin;
    return undefined;
  }

  /**
   * Records, and markers, up to `hitsMax`; of records that do not hold under a key of their own only those among the first
   * `brokenMax`. Whoever may create documents puts any number of them before those that are looked for.
   */
  async *#records(wanted: Walk, brokenMax: number): AsyncGenerator<StoredDocument> {
    let found = 0;
    for await (const document of foundRecords(this.#client, this.namespace, wanted, this.#signal)) {
      const kind = kindOfRecord(document.id);
      if (kind !== 'record' && kind !== 'marker') continue;
      if (kind === 'record' && found >= brokenMax && !judgeRecord(document, this.namespace).record) continue;
      yield document;
      found += 1;
      if (found === hitsMax + brokenMax) return;
    }
  }

  async *#search(
    stream: string,
    wanted: Pick<Walk, 'query'> & Partial<Walk> & { size?: number },
  ): AsyncGenerator<StoredDocument> {
    const body = JSON.stringify({ size: hitsMax, track_total_hits: false, ...wanted });
    const path = `/${encodeURIComponent(stream)}/_search`;
    try {
      yield* searchPage(this.#client, { path, body, signal: this.#signal });
    } catch (error) {
      // No stream, no document.
      if (!(error instanceof ElasticsearchError && error.status === 404)) throw error;
    }
  }
}
