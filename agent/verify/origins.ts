import type { ElasticsearchClient } from '../ship/index.ts';
import { sortOf } from './hits.ts';
import type { PointInTime } from './point-in-time.ts';
import { nextOriginWalk } from './queries.ts';
import { searchPage } from './search.ts';

/** Origins that get a walk of their own; somebody may have written a million forged ones. */
export const originsMax = 10_000;

/** The origins that records are indexed under, at most {@link originsMax}: only a hint for the order of reading. */
export async function originsOf(
  client: ElasticsearchClient,
  pit: PointInTime,
  signal?: AbortSignal,
): Promise<string[]> {
  const origins: string[] = [];
  while (origins.length < originsMax) {
    const next = await originAfter(client, pit, origins.at(-1), signal);
    if (next === undefined) return origins;
    origins.push(next);
  }
  return origins;
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
