import { setTimeout as sleep } from 'node:timers/promises';
import { ElasticsearchError } from '../error.ts';
import type { ElasticsearchClient } from '../client.ts';
import { sortOf } from './hit-scanner.ts';
import type { Hit } from './hit-scanner.ts';
import type { PointInTime } from './point-in-time.ts';
import { searchChunks } from './page.ts';

export interface Walk {
  /** A query that restricts what is walked over. */
  query: object;
  /** Sort clauses; the shard position is appended, so that no two documents are alike. */
  sort: readonly object[];
}

/** Elasticsearch holds a page in its heap before it answers. */
const pageBytes = 8 * 1024 * 1024;
const pageHitsMax = 500;
const pageHitsAtFirst = 50;
const attemptsMax = 5;

/** All documents of a point in time that a query takes, one at a time. Throws as {@link walkChunks} does. */
export async function* walk(
  client: ElasticsearchClient,
  pit: PointInTime,
  wanted: Walk,
  signal?: AbortSignal,
): AsyncGenerator<Hit> {
  for await (const hits of walkChunks(client, pit, wanted, signal)) yield* hits;
}

/**
 * All documents of a point in time that a query takes, in the order asked for, together those that end in one chunk of an answer: go
 * through all of them before the next are asked for. A page that fails is asked for again, smaller, from the last document on. Throws
 * as {@link searchChunks} does.
 */
export async function* walkChunks(
  client: ElasticsearchClient,
  pit: PointInTime,
  { query, sort }: Walk,
  signal?: AbortSignal,
): AsyncGenerator<Iterable<Hit>> {
  const clauses = JSON.stringify([...sort, { _shard_doc: 'asc' }]);
  let hits = pageHitsAtFirst;
  let last: Hit | undefined;
  let attempts = 0;
  for (;;) {
    const after = last ? `,"search_after":${sortOf(last)}` : '';
    const body = `{"size":${hits},"track_total_hits":false,${pit.member},"query":${JSON.stringify(query)},"sort":${clauses}${after}}`;
    let [taken, bytes] = [0, 0];
    const taking = function* (found: Iterable<Hit>) {
      for (const hit of found) {
        last = hit;
        taken += 1;
        bytes += hit.source.length;
        yield hit;
      }
    };
    const page = searchChunks(client, { path: '/_search', body, signal });
    try {
      let next = await page.next();
      for (; next.done !== true; next = await page.next()) yield taking(next.value);
      pit.id = next.value ?? pit.id;
    } catch (error) {
      attempts = taken > 0 ? 1 : attempts + 1;
      if (!isPassing(error) || attempts >= attemptsMax) throw error;
      hits = Math.max(1, hits >>> 1);
      await sleep(200 * 2 ** attempts, undefined, { signal });
      continue;
    } finally {
      await page.return(undefined);
    }
    attempts = 0;
    if (taken < hits) return;
    hits = Math.max(1, Math.min(pageHitsMax, Math.floor((pageBytes * taken) / bytes)));
  }
}

/** Whether the same page may succeed later: not when we were told to stop, nor when we may not read. */
function isPassing(error: unknown): boolean {
  return error instanceof ElasticsearchError && ['rejected', 'unreachable', 'timeout'].includes(error.code);
}
