import { PointInTime, walk } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { eventDocumentId, hashBytes, logIdOf } from '../seal/index.ts';
import { eventStream } from '../streams/index.ts';
import { entryInside, eventNameOf, eventPlace } from '../verify/index.ts';
import type { BatchRecord } from '../verify/index.ts';
import { ProofError } from './error.ts';

/** What is to be proved: events by `event.id` or `_id`, the stages of requests, or all of a batch. */
export type Wanted = { ids: readonly string[] } | { auditIds: readonly string[] } | { record: BatchRecord };

/** An event as it was sealed, if its bytes are what they were, and where it says that it is. */
export interface Found {
  /** `_id` of its document. */
  id: string;
  origin: string;
  index: number;
  entry: Buffer;
}

/** Of one proof; all are held in memory. */
export const entriesMax = 10_000;
export const entryBytesMax = 256 * 1024 * 1024;

/** Elasticsearch takes 65,536 terms. */
const idsAtOnce = 1000;

/** The documents of the events that are wanted, forged or not, in any backing index. Throws ElasticsearchError and ProofError. */
export async function findEvents(
  client: ElasticsearchClient,
  namespace: string,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<Found[]> {
  const stream = eventStream(namespace);
  const pit = await PointInTime.open(client, stream, signal);
  if (!pit) throw new ProofError('not-there', `there is no data stream ${stream}`);
  const found: Found[] = [];
  let bytes = 0;
  try {
    for (const query of queriesOf(wanted))
      for await (const { id, source } of walk(client, pit, { query, sort: [] }, signal)) {
        const entry = Buffer.from(entryInside(source) ?? source);
        const { origin, index } = eventPlace(entry);
        if (origin === undefined || index === undefined) continue;
        bytes += entry.length;
        if (found.length === entriesMax || bytes > entryBytesMax) throw tooMuch();
        found.push({ id, origin, index, entry });
      }
  } finally {
    await pit.close();
  }
  return found;
}

function* queriesOf(wanted: Wanted): Generator<object> {
  if ('auditIds' in wanted) yield { terms: { 'http.request.id': wanted.auditIds } };
  else if ('ids' in wanted) {
    for (const ids of chunks(wanted.ids)) {
      const eventIds = ids.flatMap((id) => eventNameOf(id)?.place?.eventId ?? []);
      yield {
        bool: {
          should: [{ ids: { values: ids } }, { terms: { 'event.id': eventIds } }],
          minimum_should_match: 1,
        },
      };
    }
  } else for (const ids of chunks(idsOf(wanted.record))) yield { ids: { values: ids } };
}

/** Of all events of a batch, as the record has them. */
export function idsOf({ manifest: { first, count }, key, leafHashes }: BatchRecord): string[] {
  const logId = logIdOf(key.text);
  return Array.from({ length: count }, (_, at) =>
    eventDocumentId(logId, first + at, leafHashes.subarray(at * hashBytes, (at + 1) * hashBytes)),
  );
}

function* chunks(all: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < all.length; at += idsAtOnce) yield all.slice(at, at + idsAtOnce);
}

function tooMuch(): ProofError {
  return new ProofError(
    'usage',
    `more than ${entriesMax} events, or ${entryBytesMax / 1024 / 1024} MiB of them, are too much for one proof: ask for less`,
  );
}
