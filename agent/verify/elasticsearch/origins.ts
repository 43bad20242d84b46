import type { ElasticsearchClient, PointInTime } from '../../elasticsearch/index.ts';
import { sortOf, searchPage } from '../../elasticsearch/index.ts';
import { nextOriginWalk } from './queries.ts';

/** Origins that get a walk of their own; somebody may have written a million forged ones. */
export const originsMax = 10_000;

export interface Origins {
  names: string[];
  /** Whether there is no other. */
  isWhole: boolean;
}

/**
 * The least origins that records are indexed under, at most `max`. Of a whole log they are only a hint for the order of reading;
 * in a time range a log among the others has no batch, so that nothing is verified where they are not all.
 */
export async function originsOf(
  client: ElasticsearchClient,
  pit: PointInTime,
  max: number,
  signal?: AbortSignal,
): Promise<Origins> {
  const names: string[] = [];
  for (;;) {
    const next = await originAfter(client, pit, names.at(-1), signal);
    if (next === undefined) return { names, isWhole: true };
    if (names.length === max) return { names, isWhole: false };
    names.push(next);
  }
}

async function originAfter(
  client: ElasticsearchClient,
  pit: PointInTime,
  after: string | undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { query, sort } = nextOriginWalk(after);
  const body = `{"size":1,"track_total_hits":false,${pit.member},"query":${JSON.stringify(query)},"sort":${JSON.stringify(sort)}}`;
  for await (const hit of searchPage(client, { path: '/_search', body, signal })) {
    const [origin] = JSON.parse(sortOf(hit)) as unknown[];
    if (typeof origin === 'string') return origin;
  }
  return undefined;
}
