import { z } from 'zod';
import { ElasticsearchError, request } from '../../elasticsearch/index.ts';
import type { ElasticsearchClient, PointInTime } from '../../elasticsearch/index.ts';
import { eventStream } from '../../streams/index.ts';
import type { Cell, Column, Table } from '../table.ts';
import type { AskOptions } from './ask-who.ts';
import type { SearchQuestion } from './question.ts';

/** As docs/queries.md has it. */
const pageRowsMax = 1000;

/** Each page makes Elasticsearch go through all events that match. */
const rowsCountedMax = 10_000;

/** Parsed, an answer takes up to ten times as much; whoever makes requests chooses how long its names are. */
const pageBytesMax = 8 * 1024 * 1024;

/** Of a name that is listed. The whole is in the events. */
const charsMax = 2000;

const value = z.union([z.string(), z.number(), z.null()]);
const moment = z.object({ value: z.number().nullable() });

const answerSchema = z.object({
  timed_out: z.literal(false),
  _shards: z.object({ failed: z.literal(0) }),
  hits: z.object({ total: z.object({ value: z.int(), relation: z.literal('eq') }) }),
  aggregations: z.object({
    rows: z.object({
      after_key: z.record(z.string(), value).optional(),
      buckets: z.array(
        z.object({
          key: z.record(z.string(), value),
          events: z.object({ value: z.int() }),
          first: moment,
          last: moment,
        }),
      ),
    }),
  }),
});

/** The body of docs/queries.md. There the end is not included, here it is: one millisecond more is the same time. */
export function searchBody(
  { filter, sources }: SearchQuestion,
  { since, until }: AskOptions['time'],
): SearchBody {
  const range = { gte: new Date(since).toISOString(), lt: new Date(until + 1).toISOString() };
  return {
    size: 0,
    query: { bool: { filter: [{ range: { '@timestamp': range } }, ...filter] } },
    aggs: {
      rows: {
        composite: {
          size: pageRowsMax,
          sources: sources.map(([id, field]) => ({ [id]: { terms: { field, missing_bucket: true } } })),
        },
        aggs: {
          events: { cardinality: { field: 'event.id', precision_threshold: 40_000 } },
          first: { min: { field: '@timestamp' } },
          last: { max: { field: '@timestamp' } },
        },
      },
    },
  };
}

interface SearchBody {
  size: 0;
  query: object;
  aggs: { rows: { composite: { size: number; sources: object[] }; aggs: object } };
}

/** Asks Elasticsearch, page by page, in a frozen view of the stream. Throws ElasticsearchError. */
export async function askSearch(
  client: ElasticsearchClient,
  pit: PointInTime,
  question: SearchQuestion,
  { namespace, time, rowsMax, signal }: AskOptions,
): Promise<Table> {
  const { id, title, about, sources, parameters } = question;
  const at = new Date();
  const body = searchBody(question, time);
  const kept = new Newest(rowsMax);
  let [documents, size] = [0, pageRowsMax];
  let after: Record<string, Cell> | undefined;
  for (;;) {
    const composite = { ...body.aggs.rows.composite, size, ...(after && { after }) };
    const page = { ...body, track_total_hits: true, aggs: { rows: { ...body.aggs.rows, composite } } };
    const answer = await searchOnce(client, pit, page, size > 1 ? pageBytesMax : undefined, signal);
    if (answer === 'too long') {
      size = Math.max(1, size >>> 2);
      continue;
    }
    documents = answer.hits.total.value;
    const { buckets, after_key: next } = answer.aggregations.rows;
    for (const { key, events, first, last } of buckets)
      kept.add({
        cells: [
          ...sources.map(([source]) => cut(key[source] ?? null)),
          events.value,
          isoOf(first.value),
          isoOf(last.value),
        ],
        events: events.value,
        last: last.value ?? 0,
      });
    after = next;
    if (after === undefined || kept.total >= rowsCountedMax) break;
  }
  return {
    id,
    title,
    about,
    columns: [...sources.map(([source, , heading]) => columnOf(source, heading)), ...counted],
    rows: kept.rows(),
    rowsTotal: kept.total,
    isAtLeast: after !== undefined,
    count: kept.events,
    unit: 'events',
    attention:
      after === undefined
        ? []
        : [`There are more rows than the ${rowsCountedMax.toLocaleString('en-US')} that were counted.`],
    asked: {
      command: `POST /${eventStream(namespace)}/_search`,
      body,
      parameters: {
        since: new Date(time.since).toISOString(),
        until: new Date(time.until).toISOString(),
        ...parameters,
      },
      at: at.toISOString(),
      milliseconds: Date.now() - at.getTime(),
      documents,
    },
  };
}

async function searchOnce(
  client: ElasticsearchClient,
  pit: PointInTime,
  body: object,
  answerBytesMax: number | undefined,
  signal: AbortSignal | undefined,
): Promise<z.infer<typeof answerSchema> | 'too long'> {
  const wanted = {
    method: 'POST',
    path: '/_search',
    // A shard that fails must be an error, not fewer events.
    query: { allow_partial_search_results: 'false' },
    body: { ...body, pit: pit.wanted },
    answerBytesMax,
    signal,
  } as const;
  try {
    const { body: answer } = await request(client, wanted);
    const { data, error } = answerSchema.safeParse(answer);
    if (data) return data;
    throw new ElasticsearchError('partial', 'POST /_search: not every shard answered', { cause: error });
  } catch (error) {
    const isTooLong =
      error instanceof ElasticsearchError &&
      error.cause instanceof RangeError &&
      answerBytesMax !== undefined;
    if (isTooLong) return 'too long';
    throw error;
  }
}

interface KeptRow {
  cells: Cell[];
  events: number;
  last: number;
}

/** Keeps the rows that were added to last, and counts all. */
class Newest {
  total = 0;
  events = 0;
  readonly #max: number;
  #rows: KeptRow[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  add(row: KeptRow): void {
    this.total += 1;
    this.events += row.events;
    this.#rows.push(row);
    if (this.#rows.length >= 2 * this.#max + 1000) this.#trim();
  }

  rows(): Cell[][] {
    this.#trim();
    return this.#rows.map(({ cells }) => cells);
  }

  #trim(): void {
    this.#rows = this.#rows.toSorted((a, b) => b.last - a.last || b.events - a.events).slice(0, this.#max);
  }
}

const counted: Column[] = [
  { id: 'events', heading: 'Events', kind: 'number' },
  { id: 'first', heading: 'First', kind: 'time' },
  { id: 'last', heading: 'Last', kind: 'time' },
];

function columnOf(id: string, heading: string): Column {
  return { id, heading, kind: 'text' };
}

function isoOf(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

function cut(cell: Cell): Cell {
  if (typeof cell !== 'string' || cell.length <= charsMax) return cell;
  return `${cell.slice(0, charsMax).toWellFormed()}… (${cell.length} characters)`;
}
