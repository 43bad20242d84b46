import type { ElasticsearchClient } from '../client.ts';
import { ElasticsearchError } from '../error.ts';
import { requestStream } from '../request.ts';
import { HitScanner } from './hit-scanner.ts';
import type { Hit } from './hit-scanner.ts';

export interface Search {
  /** Below the server's root: `/_search` with a point in time, else with the stream before it. */
  path: string;
  /** The request's body, JSON text: of an object, `search_after` would lose the digits of numbers above 2^53. */
  body: string;
  signal?: AbortSignal | undefined;
}

/** What an answer says besides its hits. */
interface Skeleton {
  pit_id?: string;
  timed_out?: boolean;
  _shards?: { failed?: number; failures?: unknown };
}

const reasonCharsMax = 2000;

/** One search, its hits one at a time as their bytes come. Throws as {@link searchChunks} does. */
export async function* searchPage(client: ElasticsearchClient, wanted: Search): AsyncGenerator<Hit> {
  for await (const hits of searchChunks(client, wanted)) yield* hits;
}

/**
 * The same, together those that end in one chunk of the answer: a promise for each hit would cost as much as to judge it. Go through
 * all of them before the next are asked for. Returns the id of the point in time to use from now on.
 * Throws ElasticsearchError, `partial` if some shard did not answer.
 */
export async function* searchChunks(
  client: ElasticsearchClient,
  { path, body, signal }: Search,
): AsyncGenerator<Iterable<Hit>, string | undefined> {
  const scanner = new HitScanner();
  // A shard that fails must be an error, not fewer documents.
  const query = { allow_partial_search_results: 'false' };
  const answer = requestStream(client, { method: 'POST', path, query, body, signal });
  for await (const chunk of answer) yield scanner.push(chunk);
  const { pit_id: pit, timed_out: timedOut, _shards: shards } = scanner.end() as Skeleton;
  if (timedOut !== false || shards?.failed !== 0) {
    const failures = JSON.stringify(shards?.failures ?? 'no reason given').slice(0, reasonCharsMax);
    throw new ElasticsearchError('partial', `POST ${path}: not every shard answered: ${failures}`);
  }
  return pit;
}
