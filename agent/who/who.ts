import { eventStream, fieldsInForce } from '../streams/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { PointInTime } from '../elasticsearch/index.ts';
import { WhoError } from './error.ts';
import { selectedFields } from './fields.ts';
import type { Event } from './event.ts';
import { eventsOf } from './events.ts';
import { Originals } from './originals.ts';
import { clauseOf } from './query.ts';
import type { Outcome, Query } from './query.ts';
import { coverageOf } from './coverage.ts';
import type { Coverage } from './coverage.ts';
import type { Requests } from './request.ts';
import { RequestTally } from './requests.ts';
import type { Row } from './row.ts';
import { Rows } from './rows.ts';

export interface Answer {
  /** The latest first. */
  rows: Row[];
  /** Sum over the rows. */
  requests: number;
  /** Events that were read (stages of requests), without copies. */
  events: number;
  copies: number;
  /** Documents that share an `event.id` with another one, and are not the same. */
  clashes: number;
  /** How often one auditID had more different requests than are held at once: a request whose stages lie in two parts counts twice. */
  splits: number;
  coverage: Coverage;
  /** Fields that are not what the template says: a runtime field keeps from the question what its script leaves out. */
  fieldProblems: string[];
  /** Whether the mapping could be read: a runtime field of the template's type shows nowhere else. */
  isMappingRead: boolean;
}

export interface WhoOptions {
  namespace: string;
  signal?: AbortSignal | undefined;
  onEvents?: ((events: number) => void) | undefined;
  /** Called with each event that is read, without copies. */
  onOriginal?: ((event: Event) => void) | undefined;
  /** Called with requests that the answer lists, by one of their events. */
  onListed?: ((event: Event) => void) | undefined;
  /** Rows that are held; of more, those that differ least are joined. Default 100,000. */
  rowsMax?: number | undefined;
}

/**
 * Who did what, counted exactly: every event that matches is read, in a frozen view of the stream, and identical copies
 * count once. Nothing that is written into the stream keeps the question from being answered. Throws ElasticsearchError, VerifyError and WhoError.
 */
export async function who(client: ElasticsearchClient, query: Query, options: WhoOptions): Promise<Answer> {
  const { namespace, signal, onEvents, onOriginal, onListed, rowsMax } = options;
  const stream = eventStream(namespace);
  const pit = await PointInTime.open(client, stream, signal);
  if (!pit)
    throw new WhoError(
      'no-stream',
      `there is no data stream ${stream}: no agent has shipped anything under this namespace, or --namespace is another`,
    );
  try {
    const coverage = await coverageOf(client, pit, query, signal);
    const { problems: fieldProblems, isMappingRead } = await fieldsInForce(
      client,
      stream,
      selectedFields,
      signal,
    );
    const originals = new Originals();
    const rows = new Rows(rowsMax);
    const read = { events: 0, splits: 0 };
    const events = eventsOf(client, pit, clauseOf(query), signal);
    for await (const found of requestsOf(events, originals, read, { onEvents, onOriginal })) {
      if (!isWanted(found, query.outcomes)) continue;
      rows.add(found);
      onListed?.(found.event);
    }
    const { copies, clashes } = originals;
    return {
      rows: rows.sorted(),
      requests: rows.requests,
      ...read,
      copies,
      clashes,
      coverage,
      fieldProblems,
      isMappingRead,
    };
  } finally {
    await pit.close();
  }
}

/** Joins events to requests. Events of one auditID must follow one another; an event without one is a request of its own. */
export async function* requestsOf(
  events: AsyncIterable<Event>,
  originals: Originals,
  read: { events: number; splits: number },
  { onEvents, onOriginal }: Pick<WhoOptions, 'onEvents' | 'onOriginal'> = {},
): AsyncGenerator<Requests> {
  const tally = new RequestTally();
  let request: string | null = null;
  for await (const event of events) {
    if (!originals.isOriginal(event)) continue;
    if (event.request === null || event.request !== request) yield* tally.take();
    if (tally.isFull) {
      read.splits += 1;
      yield* tally.take();
    }
    request = event.request;
    tally.add(event);
    read.events += 1;
    onEvents?.(read.events);
    onOriginal?.(event);
  }
  yield* tally.take();
}

function isWanted({ result }: Requests, outcomes: readonly Outcome[]): boolean {
  if (outcomes.length === 0) return true;
  const of: Record<Requests['result'], Outcome[]> = {
    ok: ['success'],
    begun: ['success'],
    failed: ['failure'],
    denied: ['failure', 'denied'],
    unknown: ['unknown'],
  };
  return of[result].some((outcome) => outcomes.includes(outcome));
}
