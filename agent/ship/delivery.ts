import type { BulkItem } from './bulk.ts';
import { ShipError } from './error.ts';
import { bodyOf, halves, linesOf, parcelOf, type Parcel } from './parcel.ts';
import { untilDone, type RetryOptions } from './retry.ts';

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

/** Alone, and again and again: then a 429 means the document, not the load (a document above 2.5 % of the heap). */
const aloneTriesMax = 8;

/** After so many broken connections the request may be what breaks them: servers close the socket on one that is too large. */
const brokenTriesMax = 3;

/** Errors with status 400 that say nothing about the document: the index, its limits or its blocks. */
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
  const attempt = async (number: number): Promise<Outcome> => {
    const items = await trySend(rest, send, options.signal, number);
    if (items === 'too large') {
      const split = await halves(rest);
      if (split) return { poison, split };
      return {
        poison: [
          ...poison,
          {
            index: rest.indexes[0]!,
            status: 413,
            type: 'too_large',
            message: 'the document alone is too large',
          },
        ],
        split: [],
      };
    }
    const judged = judge(rest, items, number);
    poison.push(...judged.poison);
    if (judged.again.size === 0) return { poison, split: [] };
    if (judged.again.size < rest.indexes.length) {
      rest = await parcelOf((await linesOf(rest)).filter(({ index }) => judged.again.has(index)));
    }
    throw new ShipError('rejected', `${judged.again.size} documents are to be sent again: ${judged.why}`);
  };
  return await untilDone(attempt, options);
}

async function trySend(
  parcel: Parcel,
  send: Send,
  signal: AbortSignal,
  attempt: number,
): Promise<BulkItem[] | 'too large'> {
  try {
    return await send({ parcel, body: bodyOf(parcel), count: parcel.indexes.length, signal });
  } catch (error) {
    if (!(error instanceof ShipError)) throw error;
    if (error.code === 'too-large') return 'too large';
    const broken = error.code === 'unreachable' || error.code === 'timeout';
    if (broken && attempt % brokenTriesMax === 0 && parcel.indexes.length > 1) return 'too large';
    throw error;
  }
}

function judge(
  parcel: Parcel,
  items: BulkItem[],
  attempt: number,
): { poison: Poison[]; again: Set<number>; why: string } {
  const poison: Poison[] = [];
  const again = new Set<number>();
  let why = '';
  for (const [i, { status, error, failureStore }] of items.entries()) {
    const index = parcel.indexes[i]!;
    const type = error?.type ?? '';
    // A failure store takes what was refused and reports success: the document is not where people search it.
    const swallowed = failureStore === 'used' || failureStore === 'failed';
    if ((status === 200 || status === 201 || status === 409) && !swallowed) continue;
    const refused = swallowed || (status === 400 && !notTheDocument.has(type));
    const alone = items.length === 1 && status === 429 && attempt >= aloneTriesMax;
    if (refused || alone) {
      poison.push({
        index,
        status,
        type: typeName(swallowed ? 'failure_store' : type),
        message: error?.reason ?? '',
      });
      continue;
    }
    again.add(index);
    why = `${status} ${type}: ${error?.reason ?? ''}`;
  }
  return { poison, again, why };
}

/** The type stands on a line of a signed note: one word. */
function typeName(type: string): string {
  return type.replaceAll(/[^\w.-]/gu, '_').slice(0, 200) || 'unknown';
}
