import { setTimeout as sleep } from 'node:timers/promises';
import type { Documents, LogExtent, StoredDocument, Stream, Streams } from '../streams.ts';
import type { VerifyRange } from '../options.ts';
import type { ReadPart } from '../read-part.ts';
import {
  eventFields,
  eventStream,
  fieldsInForce,
  namespacesOf,
  recordFields,
  recordStream,
} from '../../streams/index.ts';
import type { FieldsInForce, Namespaces } from '../../streams/index.ts';
import {
  countHits,
  ElasticsearchError,
  PointInTime,
  searchPage,
  walkChunks,
} from '../../elasticsearch/index.ts';
import type { ElasticsearchClient, Hit, Walk } from '../../elasticsearch/index.ts';
import { VerifyError } from '../error.ts';
import { foundRecords } from './found-records.ts';
import { operatorDocuments, statementsMax } from './operator-documents.ts';
import { originsMax, originsOf } from './origins.ts';
import type { Origins } from './origins.ts';
import {
  eventWalks,
  holdingWalk,
  newestWalk,
  partQuery,
  rangeEventWalks,
  rangeRecordWalks,
  recordWalks,
} from './queries.ts';
import type { RangeOfLog, TimeRange } from './queries.ts';
import { rangeOfLog } from './time-range.ts';

/** Enough for every backing index to hold each of the ids asked for. */
const foundMax = 10_000;
const idsAtOnce = 50;
/** Of fields, that an obstacle names. */
const problemsMax = 5;

export interface StreamOptions {
  namespace: string;
  /** Only this part of the time. */
  time?: TimeRange | undefined;
  /** Names of the operators' keys: their statements count whatever the time. */
  operators?: readonly string[] | undefined;
  /** Origins that the trust file has keys of: in a time range they are looked at, however many others there are. */
  trusted?: readonly string[] | undefined;
  /** Origins that get a walk of their own; default {@link originsMax}. */
  originsMax?: number | undefined;
  /** Of a time range: documents under each of these names that are read from either end; default {@link statementsMax}. */
  statementsMax?: number | undefined;
  /** Whether the events may be read in parts, beside one another or after an interruption: their limits rest on the mapping. */
  inParts?: boolean | undefined;
  /** Between opening the records and opening the events: at least one refresh of the events stream. */
  refreshMilliseconds: number;
  /** Called with the length of every document that was read. */
  onRead?: ((stream: Stream, bytes: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Both streams of a namespace as Elasticsearch holds them: read access is all it takes. The records are frozen when this
 * is opened, the events a refresh later, so that every event of a record is there. Dispose to release both.
 */
export class ElasticsearchStreams implements Streams, AsyncDisposable {
  readonly namespace: string;
  readonly #client: ElasticsearchClient;
  readonly #options: StreamOptions;
  readonly #records: PointInTime | undefined;
  readonly #recordsOpenedAt: number;
  #eventsOpenedAt = 0;
  #origins: Origins = { names: [], isWhole: true };
  #ranges: RangeOfLog[] = [];
  #namespaces: Namespaces | undefined;
  #fields: FieldsInForce = { problems: [], isMappingRead: true };
  #events: PointInTime | undefined;
  /** Parts of the events that an interrupted run has read. */
  #leftOut: readonly ReadPart[] = [];
  /** Documents of the events: those to read, and those read. Of a time range that is read by one reader they are not counted. */
  #eventsCount: { expected: number; read: number } | undefined;
  readonly #flooded = new Set<string>();

  private constructor(client: ElasticsearchClient, options: StreamOptions, records: PointInTime | undefined) {
    this.namespace = options.namespace;
    this.#client = client;
    this.#options = options;
    this.#records = records;
    this.#recordsOpenedAt = performance.now();
  }

  /** Throws ElasticsearchError and VerifyError. A stream that does not exist holds nothing. */
  static async open(client: ElasticsearchClient, options: StreamOptions): Promise<ElasticsearchStreams> {
    const { namespace, signal, time } = options;
    const pit = await PointInTime.open(client, recordStream(namespace), signal);
    const streams = new ElasticsearchStreams(client, options, pit);
    try {
      streams.#namespaces = await namespacesOrNone(client, signal);
      if (!pit) streams.#throwIfNothingIsThere();
      if (time || options.inParts) streams.#fields = await streams.#lookAtFields();
      if (pit) {
        streams.#origins = await originsOf(client, pit, streams.#originsMax, signal);
        if (time)
          for (const origin of streams.#logs())
            streams.#ranges.push(await rangeOfLog(client, pit, origin, time, signal));
      }
    } catch (error) {
      await streams[Symbol.asyncDispose]();
      throw error;
    }
    return streams;
  }

  /** The batch numbers that the time range takes; undefined for the whole log. */
  get range(): VerifyRange | undefined {
    const { time } = this.#options;
    if (!time) return undefined;
    const touched = this.#ranges.flatMap(({ origin, batches }) =>
      batches ? [[origin, batches] as const] : [],
    );
    const since = time.since === 0 ? undefined : new Date(time.since);
    return { batches: new Map(touched), since, until: new Date(time.until) };
  }

  async *records(): AsyncGenerator<Iterable<StoredDocument>> {
    if (!this.#records) return;
    const { time, operators = [] } = this.#options;
    const walks = time ? rangeRecordWalks(this.#ranges, time, operators) : recordWalks(this.#origins.names);
    yield* this.#walkAll('records', this.#records, walks);
    if (time)
      for (const name of operators)
        for await (const hit of this.#ofOperator(name, this.#records)) yield [hit];
  }

  /** Namespaces of which there are events that are not read here; undefined where the key may not see. */
  get otherNamespaces(): string[] | undefined {
    return this.#namespaces?.events.filter((namespace) => namespace !== this.namespace);
  }

  /** Whether the mappings that a time range rests on could be read: a runtime field shows nowhere else. */
  get isMappingRead(): boolean {
    return this.#fields.isMappingRead;
  }

  /** Whole logs are read whole; in a time range somebody may have written more origins, or more under an operator's name, than are read. */
  get unread(): string | undefined {
    const { problems } = this.#fields;
    if (problems.length > 0)
      return (
        `${this.#options.time ? 'a time range rests' : 'parts rest'} on fields that are not what the templates say: ` +
        `${problems.slice(0, problemsMax).join('; ')}. Somebody who administers the streams changed them: verify the whole log, without ` +
        `${this.#options.time ? 'a time range' : '--parallel and --resume'}, and run auditseal setup`
      );
    if (this.#options.time && !this.#origins.isWhole)
      return (
        `the documents in ${recordStream(this.namespace)} are of more than ${this.#originsMax} origins, of which the first ` +
        `${this.#originsMax} and those of the trust file were looked at: somebody who may create documents writes them. Of a log among ` +
        'the others nothing was judged. Verify the whole log, without a time range; see docs/operations.md, “A flood of statements”'
      );
    const count = this.#eventsCount;
    if (count && count.read !== count.expected)
      return (
        `the searches by log gave ${count.read} documents, and ${eventStream(this.namespace)} has ${count.expected} to read: some were left ` +
        'out, or are under several origins; look at the mapping of auditseal.origin, and run auditseal setup'
      );
    const [name] = this.#flooded;
    if (name === undefined) return undefined;
    const max = this.#statementsMax;
    return (
      `more than ${2 * max} documents are in ${recordStream(this.namespace)} under the operator’s name ${name}, of which the ${max} that ` +
      `arrived first and the ${max} that arrived last were read: somebody who may create documents writes them. A statement among the ` +
      'others excuses nothing. See docs/operations.md, “A flood of statements”'
    );
  }

  async *events(logs: readonly LogExtent[]): AsyncGenerator<Iterable<StoredDocument>> {
    const pit = await this.#openEvents();
    if (!pit) return;
    const walks = this.#eventWalks(logs);
    if (!this.#options.time) await this.#expect(pit, walks);
    yield* this.#walkAll('events', pit, walks);
  }

  async leaveOut(parts: readonly ReadPart[]): Promise<ReadPart[]> {
    const pit = await this.#openEvents();
    const same: ReadPart[] = [];
    if (pit)
      for (const part of parts) {
        const count = await countHits(this.#client, pit, partQuery(part), this.#options.signal);
        if (count === part.events) same.push(part);
      }
    this.#leftOut = same;
    return same;
  }

  async eventParts(groups: readonly (readonly LogExtent[])[]): Promise<Documents[]> {
    const pit = await this.#openEvents();
    if (!pit) return groups.map(() => nothing());
    const logs = groups.flat();
    const walks = this.#eventWalks(logs);
    await this.#expect(pit, walks);
    // One walk for each log, in this order, and one for what is of none of them.
    const walkOf = new Map(logs.map(({ origin }, at) => [origin, walks[at]!]));
    return groups.map((group, at) => {
      const own = group.map(({ origin }) => walkOf.get(origin)!);
      return this.#walkAll(
        'events',
        pit,
        at === groups.length - 1 ? [...own, ...walks.slice(logs.length)] : own,
      );
    });
  }

  async *find(ids: readonly string[]): AsyncGenerator<StoredDocument> {
    for (let at = 0; at < ids.length; at += idsAtOnce)
      yield* this.#findSome(eventStream(this.namespace), ids.slice(at, at + idsAtOnce));
  }

  async *newestRecords(origin: string): AsyncGenerator<StoredDocument> {
    await this.#untilRefreshed(this.#eventsOpenedAt);
    yield* this.#someRecords(newestWalk(origin));
  }

  hadNothingOf(origin: string): boolean {
    const { names, isWhole } = this.#origins;
    return isWhole && !names.includes(origin);
  }

  async *recordsHolding(origin: string, index: number): AsyncGenerator<StoredDocument> {
    // Of a log among more than are looked at no batch was read, so that no claim to it says anything.
    if (this.#ranges.some((range) => range.origin === origin))
      yield* this.#someRecords(holdingWalk(origin, index));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#records?.close(), this.#events?.close()]);
  }

  async #openEvents(): Promise<PointInTime | undefined> {
    if (this.#events) return this.#events;
    await this.#untilRefreshed(this.#recordsOpenedAt);
    this.#events = await PointInTime.open(this.#client, eventStream(this.namespace), this.#options.signal);
    this.#eventsOpenedAt = performance.now();
    return this.#events;
  }

  #eventWalks(logs: readonly LogExtent[]): Walk[] {
    const { time } = this.#options;
    return time ? rangeEventWalks(logs, time, this.#leftOut) : eventWalks(logs, this.#leftOut);
  }

  /** Counts what the walks together have to give: of a whole log all that there is, by a count that no field has a part in. */
  async #expect(pit: PointInTime, walks: readonly Walk[]): Promise<void> {
    const { time, signal } = this.#options;
    let expected = time ? 0 : -this.#leftOut.reduce((sum, { events }) => sum + events, 0);
    for (const query of time ? walks.map((each) => each.query) : [{ match_all: {} }])
      expected += await countHits(this.#client, pit, query, signal);
    this.#eventsCount = { expected, read: 0 };
  }

  /** Throws VerifyError `no-stream`: with a mistyped namespace all logs of the trust file would seem to be deleted. */
  #throwIfNothingIsThere(): void {
    const { namespace } = this;
    const { events, records } = this.#namespaces ?? { events: [], records: [] };
    if (!this.#namespaces || events.includes(namespace) || records.includes(namespace)) return;
    const there = [...new Set([...events, ...records])].toSorted().join(', ');
    throw new VerifyError(
      'no-stream',
      `there is neither ${recordStream(namespace)} nor ${eventStream(namespace)}: is --namespace another? ` +
        (there === '' ? 'The key sees no stream of ours.' : `There are streams of: ${there}`),
    );
  }

  async #lookAtFields(): Promise<FieldsInForce> {
    const { signal } = this.#options;
    const client = this.#client;
    const both = await Promise.all([
      fieldsInForce(client, recordStream(this.namespace), recordFields, signal),
      fieldsInForce(client, eventStream(this.namespace), eventFields, signal),
    ]);
    return {
      problems: both.flatMap(({ problems }) => problems),
      isMappingRead: both.every(({ isMappingRead }) => isMappingRead),
    };
  }

  /** Until a search finds what was acknowledged when a stream was opened. */
  async #untilRefreshed(openedAt: number): Promise<void> {
    const { refreshMilliseconds, signal } = this.#options;
    const wait = openedAt + refreshMilliseconds - performance.now();
    if (wait > 0) await sleep(wait, undefined, { signal });
  }

  #someRecords(records: Walk): AsyncGenerator<StoredDocument> {
    return foundRecords(this.#client, this.namespace, records, this.#options.signal);
  }

  async *#findSome(stream: string, ids: readonly string[]): AsyncGenerator<StoredDocument> {
    const body = JSON.stringify({ size: foundMax, track_total_hits: false, query: { ids: { values: ids } } });
    let found = 0;
    try {
      const path = `/${encodeURIComponent(stream)}/_search`;
      for await (const hit of searchPage(this.#client, { path, body, signal: this.#options.signal })) {
        found += 1;
        yield hit;
      }
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    if (found === foundMax)
      throw new VerifyError(
        'bad-response',
        `${stream} holds more than ${foundMax} documents of ${ids.length} ids`,
      );
  }

  get #originsMax(): number {
    return this.#options.originsMax ?? originsMax;
  }

  /** Those that a time range is looked up for, in the order of reading. */
  #logs(): string[] {
    const { operators = [], trusted = [] } = this.#options;
    const names = new Set([...trusted, ...this.#origins.names]);
    return [...names].filter((origin) => !operators.includes(origin)).toSorted();
  }

  get #statementsMax(): number {
    return this.#options.statementsMax ?? statementsMax;
  }

  async *#ofOperator(name: string, pit: PointInTime): AsyncGenerator<StoredDocument> {
    const { onRead, signal } = this.#options;
    const found = operatorDocuments(this.#client, pit, { name, documentsMax: this.#statementsMax, signal });
    let next = await found.next();
    for (; next.done !== true; next = await found.next()) {
      onRead?.('records', next.value.source.length);
      yield next.value;
    }
    if (!next.value) this.#flooded.add(name);
  }

  async *#walkAll(
    stream: Stream,
    pit: PointInTime,
    walks: readonly Walk[],
  ): AsyncGenerator<Iterable<StoredDocument>> {
    const { onRead = () => undefined, signal } = this.#options;
    const count = this.#eventsCount;
    const counted = function* (hits: Iterable<Hit>) {
      for (const hit of hits) {
        onRead(stream, hit.source.length);
        if (count && stream === 'events') count.read += 1;
        yield hit;
      }
    };
    for (const each of walks)
      for await (const hits of walkChunks(this.#client, pit, each, signal)) yield counted(hits);
  }
}

/** No documents. */
async function* nothing(): AsyncGenerator<Iterable<StoredDocument>> {}

/** The stream was deleted, or there never was one: nothing is there. */
function isGone(error: unknown): boolean {
  return error instanceof ElasticsearchError && error.status === 404;
}

/** What else there is, is worth a line of the report and no more: what a server does not answer to is undefined. */
const unanswered: ReadonlySet<string> = new Set([
  'unauthorized',
  'refused',
  'rejected',
  'bad-response',
  'too-large',
]);

/** Undefined where the key may not ask, or the server does not answer. */
async function namespacesOrNone(
  client: ElasticsearchClient,
  signal: AbortSignal | undefined,
): Promise<Namespaces | undefined> {
  try {
    return await namespacesOf(client, signal);
  } catch (error) {
    if (error instanceof ElasticsearchError && unanswered.has(error.code)) return undefined;
    throw error;
  }
}
