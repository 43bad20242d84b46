import {
  ElasticsearchError,
  isDropped,
  isInFailureStore,
  isStored,
  notStored,
  untilDone,
} from '../elasticsearch/index.ts';
import type { BulkItem, RetryOptions } from '../elasticsearch/index.ts';
import { bulkBodyOf, creationsOf, halvesOf } from './bulk-body.ts';
import type { BulkBody } from './bulk-body.ts';

/** An event that Elasticsearch will not take as it is. */
export interface Poison {
  index: number;
  status: number;
  type: string;
  message: string;
}

/** Where bodies go. */
export interface Destination {
  stream: string;
  /** Sends one body once; resolves with an answer for each of its documents, in order. Throws ElasticsearchError. */
  send: (body: BulkBody, signal: AbortSignal) => Promise<BulkItem[]>;
}

/**
 * How often a document that is sent alone may get 429 before it counts as refused for good: then the document is the cause and not
 * the load, since Elasticsearch answers 429 to one above 2.5 % of its heap.
 */
const aloneTriesMax = 5;

/** A smaller document is not refused for its size: if it fails alone, the cause is the load, a full disk or the network. */
const largeBytesMin = 1024 * 1024;

/**
 * How often in a row a body of several documents may fail before it is split: the request may be the cause, since servers close
 * the socket on one that is too large, or answer 429.
 */
const togetherTriesMax = 3;

/** Errors that say nothing about the document: the index, its limits or its blocks. */
const notTheDocument = new Set([
  'index_closed_exception',
  'validation_exception',
  'cluster_block_exception',
  'index_not_found_exception',
]);

/**
 * Delivers every document of a bulk body, however long it takes: what failed for now is sent again, and only that; what is too
 * large is split. Resolves with the documents that Elasticsearch refuses for good. Rejects only when `signal` aborts.
 */
export async function deliver(
  body: BulkBody,
  destination: Destination,
  options: Omit<RetryOptions, 'shouldRetry'>,
): Promise<Poison[]> {
  const poison: Poison[] = [];
  const waiting = [body];
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const part = await deliverOrSplit(next, destination, options);
    poison.push(...part.poison);
    waiting.unshift(...part.split);
  }
  return poison;
}

interface DeliveredPart {
  poison: Poison[];
  /** The bodies that are to be delivered in its place. */
  split: BulkBody[];
}

/** Tries one body until all its documents are settled, or it has to be split. */
async function deliverOrSplit(
  whole: BulkBody,
  destination: Destination,
  options: Omit<RetryOptions, 'shouldRetry'>,
): Promise<DeliveredPart> {
  const poison: Poison[] = [];
  let rest = whole;
  // The failures in a row that the request itself may have caused.
  let suspicions = 0;
  // Whether another document was taken in a request in which one of these failed.
  let othersPass = false;
  const attempt = async (): Promise<DeliveredPart> => {
    const items = await trySend(rest, destination, options.signal);
    const failure = items instanceof ElasticsearchError ? items : undefined;
    if (failure?.code === 'too-large') {
      options.onFailure(failure, 0);
      return await apart(rest, poison, { status: 413, type: 'too_large', message: failure.message });
    }
    const judged = items instanceof ElasticsearchError ? undefined : judge(destination.stream, rest, items);
    poison.push(...(judged?.poison ?? []));
    if (judged?.again.size === 0) return { poison, split: [] };
    if (judged && judged.again.size < rest.indexes.length) {
      rest = await bulkBodyOf((await creationsOf(rest)).filter(({ index }) => judged.again.has(index)));
      [suspicions, othersPass] = [0, true];
    }
    const suspect = failure ? suspectRequest(failure) : suspectItem(judged!.last!, othersPass);
    suspicions = suspect ? suspicions + 1 : 0;
    const isLarge = rest.bytes >= largeBytesMin || suspect?.status === 500;
    const triesMax = rest.indexes.length > 1 ? togetherTriesMax : isLarge ? aloneTriesMax : Infinity;
    if (suspect && suspicions >= triesMax) return await apart(rest, poison, suspect);
    throw failure ?? judged!.dropped ?? sendAgain(judged!);
  };
  return await untilDone(attempt, options);
}

/** What cannot go together goes in halves; what cannot go alone is poison. */
async function apart(rest: BulkBody, poison: Poison[], why: Omit<Poison, 'index'>): Promise<DeliveredPart> {
  const split = await halvesOf(rest);
  if (split) return { poison, split };
  return { poison: [...poison, { ...why, index: rest.indexes[0]! }], split: [] };
}

async function trySend(
  body: BulkBody,
  destination: Destination,
  signal: AbortSignal,
): Promise<BulkItem[] | ElasticsearchError> {
  try {
    return await destination.send(body, signal);
  } catch (error) {
    if (!(error instanceof ElasticsearchError) || error.code === 'aborted') throw error;
    return error;
  }
}

/** Why the request itself may be the cause of the failure; undefined where nothing was sent, or where a server says that it is busy. */
function suspectRequest(error: ElasticsearchError): Omit<Poison, 'index'> | undefined {
  const { code, status = 0, message, unsent } = error;
  const broken = (code === 'unreachable' && !unsent) || code === 'timeout';
  const isBreaker = status === 429 && message.includes('circuit_breaking_exception');
  if (!broken && !isBreaker) return undefined;
  return { status, type: isBreaker ? 'circuit_breaking_exception' : code, message };
}

/** Why the document may be the cause; never for a block of the index, since a full disk is a 429, too. */
function suspectItem(last: Omit<Poison, 'index'>, othersPass: boolean): Omit<Poison, 'index'> | undefined {
  if (notTheDocument.has(last.type)) return undefined;
  return last.status === 429 || (last.status === 500 && othersPass) ? last : undefined;
}

interface Judged {
  poison: Poison[];
  again: Set<number>;
  /** Of the last document that is to be sent again. */
  last: Omit<Poison, 'index'> | undefined;
  /** A pipeline took documents away, which are sent until nothing does. */
  dropped: ElasticsearchError | undefined;
}

function judge(stream: string, body: BulkBody, items: BulkItem[]): Judged {
  const poison: Poison[] = [];
  const again = new Set<number>();
  const dropped: { index: number; item: BulkItem }[] = [];
  let last: Judged['last'];
  for (const [i, item] of items.entries()) {
    if (isStored(item)) continue;
    const { status, error } = item;
    const index = body.indexes[i]!;
    if (isDropped(item)) dropped.push({ index, item });
    // A failure store takes what was refused and reports success: the document is not where people search it.
    const swallowed = status < 400 && isInFailureStore(item);
    const type = typeName(swallowed ? 'failure_store' : (error?.type ?? ''));
    const message = error?.reason ?? '';
    if (swallowed || (status === 400 && !notTheDocument.has(type) && !lacksPipeline(message))) {
      poison.push({ index, status, type, message });
      continue;
    }
    again.add(index);
    last = { status, type, message: `${status} ${type}: ${message}` };
  }
  return { poison, again, last, dropped: droppedError(stream, dropped) };
}

/** Names how many and the first: its event is found by that index in the log, which the batch stays in. */
function droppedError(
  stream: string,
  dropped: readonly { index: number; item: BulkItem }[],
): ElasticsearchError | undefined {
  const [first] = dropped;
  if (!first) return undefined;
  const what = `the document of index ${first.index}`;
  const more = dropped.length - 1;
  return notStored(stream, more === 0 ? what : `${what} (and of ${more} more)`, first.item);
}

function sendAgain({ again, last }: Judged): ElasticsearchError {
  return new ElasticsearchError('rejected', `${again.size} documents are to be sent again: ${last!.message}`);
}

/** `index.final_pipeline` names one that is not there: every document gets 400, whatever it is (seen on 8.19 and 9.5). */
function lacksPipeline(reason: string): boolean {
  return reason.startsWith('pipeline with id [');
}

/** The type stands on a line of a signed note: one word. */
function typeName(type: string): string {
  return type.replaceAll(/[^\w.-]/gu, '_').slice(0, 200) || 'unknown';
}
