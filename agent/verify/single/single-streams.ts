import type { Lookup } from '../elasticsearch/lookup.ts';
import { parseDocument } from '../parse-document.ts';
import { recordClaim } from '../records/claim.ts';
import type { StoredDocument, Streams } from '../streams.ts';

/** Both streams, reduced to what judging one event takes; held in memory, so that a second reading gives the same. */
export class SingleStreams implements Streams {
  readonly namespace: string;
  readonly #lookup: Lookup;
  readonly #read: { records: readonly StoredDocument[]; events: readonly StoredDocument[] };
  readonly #eventId: string | undefined;

  /** `eventId`: of the one event; of no other one a missing document is looked up. */
  constructor(
    lookup: Lookup,
    { records, events, eventId }: { records: Kept; events: Kept; eventId: string | undefined },
  ) {
    this.namespace = lookup.namespace;
    this.#lookup = lookup;
    this.#read = { records: records.inOrder(), events: [...events.documents] };
    this.#eventId = eventId;
  }

  async *records(): AsyncGenerator<readonly StoredDocument[]> {
    yield this.#read.records;
  }

  async *events(): AsyncGenerator<readonly StoredDocument[]> {
    yield this.#read.events;
  }

  async *find(ids: readonly string[]): AsyncGenerator<StoredDocument> {
    const wanted = ids.filter((id) => this.#eventId !== undefined && id.startsWith(`${this.#eventId}-`));
    if (wanted.length > 0) yield* this.#lookup.events(wanted);
  }

  newestRecords(origin: string): AsyncIterable<StoredDocument> {
    return this.#lookup.newest(origin);
  }

  recordsHolding(origin: string, index: number): AsyncIterable<StoredDocument> {
    return this.#lookup.holding(origin, index);
  }
}

/** Documents that several searches found, each once. */
export class Kept {
  readonly #byPlace = new Map<string, StoredDocument>();

  async take(found: AsyncIterable<StoredDocument>, max = Infinity): Promise<void> {
    let count = 0;
    for await (const { index, id, source } of found) {
      this.#byPlace.set(`${index}\n${id}`, { index, id, source: Buffer.from(source) });
      count += 1;
      if (count === max) return;
    }
  }

  get documents(): Iterable<StoredDocument> {
    return this.#byPlace.values();
  }

  /** In the order of docs/seal-format.md §8.6: by origin, then batch, missing ones last. */
  inOrder(): StoredDocument[] {
    const keyed = [...this.#byPlace.values()].map((document) => ({
      document,
      claim: recordClaim(parseDocument(document.source)),
    }));
    const origin = ({ claim }: (typeof keyed)[number]) => claim?.origin ?? '\uffff';
    const batch = ({ claim }: (typeof keyed)[number]) => claim?.batch ?? Infinity;
    keyed.sort((a, b) =>
      origin(a) === origin(b) ? batch(a) - batch(b) || 0 : origin(a) < origin(b) ? -1 : 1,
    );
    return keyed.map(({ document }) => document);
  }
}
