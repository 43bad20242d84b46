import { PointInTime } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { eventStream, fieldsInForce } from '../streams/index.ts';
import { isInCodes } from './code-range.ts';
import { coverageOf } from './coverage.ts';
import type { Coverage } from './coverage.ts';
import { WhoError } from './error.ts';
import type { Event } from './event.ts';
import { eventsOf } from './events.ts';
import { selectedFields } from './fields.ts';
import type { KnownDocuments } from './known-documents.ts';
import { Originals } from './originals.ts';
import { clauseOf } from './query.ts';
import type { Outcome, Query } from './query.ts';
import type { Requests } from './request.ts';
import { RequestTally } from './requests.ts';
import { usualView } from './view.ts';
import type { View } from './view.ts';

/** What was read for an answer, and what is not sure about it. */
export interface Reading {
  /** Events that were read (stages of requests), without copies. */
  events: number;
  copies: number;
  /** Documents that share an `event.id` with another one, and are not the same. */
  clashes: number;
  /** Requests that two apiservers have logged, since one has passed them on: each counts once. */
  aggregated: number;
  /** How often one auditID had more different requests than are held at once: a request whose stages lie in two parts counts twice. */
  splits: number;
  coverage: Coverage;
  /** Fields that are not what the template says: a runtime field keeps from the question what its script leaves out. */
  fieldProblems: string[];
  /** Whether the mapping could be read: a runtime field of the template's type shows nowhere else. */
  isMappingRead: boolean;
}

export interface ReadOptions {
  namespace: string;
  signal?: AbortSignal | undefined;
  onEvents?: ((events: number) => void) | undefined;
  /** Called with each event that is read, without copies. */
  onOriginal?: ((event: Event) => void) | undefined;
  /** Called with requests that the answer takes, by one of their events. */
  onListed?: ((event: Event) => void) | undefined;
  /** Documents that a verdict names. */
  known?: KnownDocuments | undefined;
}

interface RequestOptions extends ReadOptions {
  view?: View;
  /** What tells requests apart besides what they are. */
  apart?: readonly ('address' | 'userAgent')[] | undefined;
  /** What no clause tells. */
  isTaken?: (found: Requests) => boolean;
  onRequests: (found: Requests) => void;
}

/** A frozen view of the events. Throws ElasticsearchError, and WhoError `no-stream`. */
export async function openEvents(
  client: ElasticsearchClient,
  namespace: string,
  signal?: AbortSignal,
): Promise<PointInTime> {
  const stream = eventStream(namespace);
  const pit = await PointInTime.open(client, stream, signal);
  if (!pit)
    throw new WhoError(
      'no-stream',
      `there is no data stream ${stream}: no agent has shipped anything under this namespace, or --namespace is another`,
    );
  return pit;
}

/**
 * All requests that a question takes: every event that matches is read, in a frozen view of the stream, and identical copies
 * count once. Nothing that is written into the stream keeps the question from being answered. Throws ElasticsearchError, VerifyError and WhoError.
 */
export async function readRequests(
  client: ElasticsearchClient,
  query: Query,
  options: RequestOptions,
): Promise<Reading> {
  const { namespace, signal, view = usualView, isTaken, onRequests, onListed } = options;
  const pit = await openEvents(client, namespace, signal);
  try {
    const looked = await lookAt(client, pit, query, options);
    const originals = new Originals();
    const read = { events: 0, splits: 0, aggregated: 0 };
    const events = eventsOf(client, pit, clauseOf(query), view, signal);
    for await (const found of requestsOf(events, originals, read, options)) {
      if (!isWanted(found, query) || isTaken?.(found) === false) continue;
      onRequests(found);
      onListed?.(found.event);
    }
    const { copies, clashes } = originals;
    return { ...read, copies, clashes, ...looked };
  } finally {
    await pit.close();
  }
}

/** What there is to be asked, and whether it can be relied on. Throws as {@link readRequests} does. */
export async function lookAt(
  client: ElasticsearchClient,
  pit: PointInTime,
  query: Query,
  { namespace, signal }: ReadOptions,
): Promise<Pick<Reading, 'coverage' | 'fieldProblems' | 'isMappingRead'>> {
  const coverage = await coverageOf(client, pit, query, signal);
  const stream = eventStream(namespace);
  const { problems, isMappingRead } = await fieldsInForce(client, stream, selectedFields, signal);
  return { coverage, fieldProblems: problems, isMappingRead };
}

/** Joins events to requests. Events of one auditID must follow one another; an event without one is a request of its own. */
export async function* requestsOf(
  events: AsyncIterable<Event>,
  originals: Originals,
  read: { events: number; splits: number; aggregated: number },
  {
    onEvents,
    onOriginal,
    known,
    apart,
  }: Pick<RequestOptions, 'apart' | 'onEvents' | 'onOriginal' | 'known'> = {},
): AsyncGenerator<Requests> {
  const tally = new RequestTally(undefined, apart);
  let request: string | null = null;
  for await (const event of events) {
    if (!originals.isOriginal(event)) continue;
    if (event.request === null || event.request !== request) yield* tally.take();
    if (tally.isFull) {
      read.splits += 1;
      yield* tally.take();
    }
    request = event.request;
    tally.add(event, known?.of(event));
    read.events += 1;
    onEvents?.(read.events);
    onOriginal?.(event);
  }
  yield* tally.take();
  read.aggregated += tally.aggregated;
}

const outcomesOf: Readonly<Record<Requests['result'], readonly Outcome[]>> = {
  ok: ['success'],
  begun: ['success'],
  failed: ['failure'],
  denied: ['failure', 'denied'],
  unknown: ['unknown'],
};

/** By all stages of a request, what no event tells alone. */
function isWanted({ result, code }: Requests, { outcomes, codes }: Query): boolean {
  if (codes.length > 0 && !isInCodes(code, codes)) return false;
  return outcomes.length === 0 || outcomesOf[result].some((outcome) => outcomes.includes(outcome));
}
