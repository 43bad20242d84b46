import { isStored, type BulkItem } from '../elasticsearch/index.ts';
import { ShipError } from '../elasticsearch/index.ts';
import { bodyOf, halves, linesOf, parcelOf, type Parcel } from './body.ts';
import { untilDone, type RetryOptions } from '../elasticsearch/index.ts';

/** An event that Elasticsearch will not take as it is. */
export interface Poison {
  index: number;
  status: number;
  type: string;
  message: string;
}

/** Sends one body once. */
export type Send = (sending: {
  parcel: Parcel;
  body: Buffer;
  count: number;
  signal: AbortSignal;
}) => Promise<BulkItem[]>;

/** Alone, and again and again: then it means the document, not the load (one above 2.5 % of Elasticsearch's heap gets 429). */
const aloneTriesMax = 5;

/** A smaller document is not refused for its size: with nothing else to send, it is the load, a full disk or the network. */
const largeBytesMin = 1024 * 1024;

/** After so many in a row the request may be what fails: servers close the socket on one that is too large, or answer 429. */
const togetherTriesMax = 3;

/** Errors that say nothing about the document: the index, its limits or its blocks. */
const notTheDocument = new Set([
  'index_closed_exception',
  'validation_exception',
  'cluster_block_exception',
  'index_not_found_exception',
]);

/**
 * Delivers every document of a parcel, however long it takes: what failed for now is sent again, and only that; what is too
 * large is split. Resolves with the documents that Elasticsearch refuses for good. Rejects only when `signal` aborts.
 */
export async function deliver(
  parcel: Parcel,
  send: Send,
  options: Omit<RetryOptions, 'shouldRetry'>,
): Promise<Poison[]> {
  const poison: Poison[] = [];
  const waiting = [parcel];
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const outcome = await deliverOnce(next, send, options);
    poison.push(...outcome.poison);
    waiting.unshift(...outcome.split);
  }
  return poison;
}

interface Outcome {
  poison: Poison[];
  /** What is to be delivered in its place. */
  split: Parcel[];
}

/** Tries one parcel until all its documents are settled, or it has to be split. */
async function deliverOnce(
  whole: Parcel,
  send: Send,
  options: Omit<RetryOptions, 'shouldRetry'>,
): Promise<Outcome> {
  const poison: Poison[] = [];
  let rest = whole;
  // Tries in a row that the request itself may have failed; whether another document passed where this one did not.
  let suspicions = 0;
  let othersPass = false;
  const attempt = async (): Promise<Outcome> => {
    const items = await trySend(rest, send, options.signal);
    const failure = items instanceof ShipError ? items : undefined;
    if (failure?.code === 'too-large') {
      options.failed(failure, 0);
      return await apart(rest, poison, { status: 413, type: 'too_large', message: failure.message });
    }
    const judged = items instanceof ShipError ? undefined : judge(rest, items);
    poison.push(...(judged?.poison ?? []));
    if (judged?.again.size === 0) return { poison, split: [] };
    if (judged && judged.again.size < rest.indexes.length) {
      rest = await parcelOf((await linesOf(rest)).filter(({ index }) => judged.again.has(index)));
      [suspicions, othersPass] = [0, true];
    }
    const suspect = failure ? suspectRequest(failure) : suspectItem(judged!.last!, othersPass);
    suspicions = suspect ? suspicions + 1 : 0;
    const isLarge = rest.bytes >= largeBytesMin || suspect?.status === 500;
    const triesMax = rest.indexes.length > 1 ? togetherTriesMax : isLarge ? aloneTriesMax : Infinity;
    if (suspect && suspicions >= triesMax) return await apart(rest, poison, suspect);
    const count = judged?.again.size;
    throw (
      failure ??
      new ShipError('rejected', `${count} documents are to be sent again: ${judged!.last!.message}`)
    );
  };
  return await untilDone(attempt, options);
}

/** What cannot go together goes in halves; what cannot go alone is poison. */
async function apart(rest: Parcel, poison: Poison[], why: Omit<Poison, 'index'>): Promise<Outcome> {
  const split = await halves(rest);
  if (split) return { poison, split };
  return { poison: [...poison, { ...why, index: rest.indexes[0]! }], split: [] };
}

async function trySend(parcel: Parcel, send: Send, signal: AbortSignal): Promise<BulkItem[] | ShipError> {
  try {
    return await send({ parcel, body: bodyOf(parcel), count: parcel.indexes.length, signal });
  } catch (error) {
    if (!(error instanceof ShipError) || error.code === 'aborted') throw error;
    return error;
  }
}

/** Whether it may be the request that made it fail: not where nothing was sent, or a server says that it is busy. */
function suspectRequest(error: ShipError): Omit<Poison, 'index'> | undefined {
  const { code, status = 0, message, unsent } = error;
  const broken = (code === 'unreachable' && !unsent) || code === 'timeout';
  const isBreaker = status === 429 && message.includes('circuit_breaking_exception');
  if (!broken && !isBreaker) return undefined;
  return { status, type: isBreaker ? 'circuit_breaking_exception' : code, message };
}

/** Whether it may be the document: never a block of the index (a full disk is a 429, too). */
function suspectItem(last: Omit<Poison, 'index'>, othersPass: boolean): Omit<Poison, 'index'> | undefined {
  if (notTheDocument.has(last.type)) return undefined;
  return last.status === 429 || (last.status === 500 && othersPass) ? last : undefined;
}

interface Judged {
  poison: Poison[];
  again: Set<number>;
  /** Of the last document that is to be sent again. */
  last: Omit<Poison, 'index'> | undefined;
}

function judge(parcel: Parcel, items: BulkItem[]): Judged {
  const poison: Poison[] = [];
  const again = new Set<number>();
  let last: Judged['last'];
  for (const [i, item] of items.entries()) {
    if (isStored(item)) continue;
    const { status, error } = item;
    const index = parcel.indexes[i]!;
    // A failure store takes what was refused and reports success: the document is not where people search it.
    const swallowed = status < 300;
    const type = typeName(swallowed ? 'failure_store' : (error?.type ?? ''));
    const message = error?.reason ?? '';
    if (swallowed || (status === 400 && !notTheDocument.has(type))) {
      poison.push({ index, status, type, message });
      continue;
    }
    again.add(index);
    last = { status, type, message: `${status} ${type}: ${message}` };
  }
  return { poison, again, last };
}

/** The type stands on a line of a signed note: one word. */
function typeName(type: string): string {
  return type.replaceAll(/[^\w.-]/gu, '_').slice(0, 200) || 'unknown';
}
