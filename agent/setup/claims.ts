import { z } from 'zod';
import { parseAnswer, PointInTime, request, walk } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { isOrigin } from '../seal/index.ts';
import { recordStream } from '../streams/index.ts';
import { originsMax, originsOf, parseDocument, parseManifest } from '../verify/index.ts';

/** What sealed batches of one log, in a row, say of how long their events are kept. */
export interface RetentionClaim {
  origin: string;
  /** Batch numbers, both included. */
  first: number;
  last: number;
  days: number;
  /** When the last of them was sealed, in milliseconds since 1970. */
  sealedAt: number;
  /** Whether it is the newest batch of its log. */
  isNewest: boolean;
}

/** A batch that was looked at. */
interface Sample {
  batch: number;
  days: number;
  sealedAt: number;
}

/**
 * Starts of one log that are looked at; of more, so many evenly among them. An honest log has one for each time that its agent
 * was started, and whoever may create documents can add any number.
 */
const startsMax = 1000;

/** Of the records that a search finds, so many are tried: somebody may have put forged ones among them. */
const triesMax = 20;

/**
 * How long the batches of each log say that their events are kept (`retentionDays` of their manifests). An agent reads its configuration
 * when it starts, so that the claim can only change there: looked at are the ends of each log and the batches around each start
 * marker, and where two of these differ, those in between until the change is found. Nothing is verified: a forged record can add
 * a claim, and takes none away. Throws ElasticsearchError.
 */
export async function retentionClaims(
  client: ElasticsearchClient,
  namespace: string,
  signal?: AbortSignal,
): Promise<RetentionClaim[]> {
  const pit = await PointInTime.open(client, recordStream(namespace), signal);
  if (!pit) return [];
  try {
    const starts = await startsOf(client, pit, signal);
    const { names } = await originsOf(client, pit, originsMax, signal);
    const claims: RetentionClaim[] = [];
    for (const origin of names.filter(isOrigin)) {
      const log = new SampledLog({ client, stream: recordStream(namespace), origin, signal });
      claims.push(...(await log.claims(starts.get(origin) ?? [])));
    }
    return claims;
  } finally {
    await pit.close();
  }
}

const exists = (field: string) => ({ exists: { field } });

const markerMembers = z.object({ '@timestamp': z.string(), auditseal: z.object({ origin: z.string() }) });

/** The times of the start markers, by origin, as Elasticsearch takes them. Notes about refusals have an index, and records a batch. */
async function startsOf(
  client: ElasticsearchClient,
  pit: PointInTime,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string[]>> {
  const query = {
    bool: {
      filter: [exists('auditseal.origin')],
      must_not: [exists('auditseal.batch'), exists('auditseal.index')],
    },
  };
  const found = new Map<string, string[]>();
  for await (const { source } of walk(client, pit, { query, sort: [] }, signal)) {
    const { data } = markerMembers.safeParse(parseDocument(source));
    if (!data || !isOrigin(data.auditseal.origin)) continue;
    const times = found.get(data.auditseal.origin);
    if (times) times.push(data['@timestamp']);
    else found.set(data.auditseal.origin, [data['@timestamp']]);
  }
  return found;
}

const searchAnswer = z.object({
  hits: z.object({
    hits: z.array(
      z.object({
        _source: z
          .object({ auditseal: z.object({ manifest: z.string() }) })
          .catch({ auditseal: { manifest: '' } }),
      }),
    ),
  }),
});

type Direction = 'asc' | 'desc';

interface SampledLogParts {
  client: ElasticsearchClient;
  stream: string;
  origin: string;
  signal: AbortSignal | undefined;
}

/** One log, of which single batches are looked at. */
class SampledLog {
  readonly #parts: SampledLogParts;

  constructor(parts: SampledLogParts) {
    this.#parts = parts;
  }

  /** @param starts times of its start markers */
  async claims(starts: readonly string[]): Promise<RetentionClaim[]> {
    const found = [await this.#sample('asc'), await this.#sample('desc')];
    for (const at of evenly(starts, startsMax))
      found.push(
        await this.#sample('desc', { '@timestamp': { lt: at } }),
        await this.#sample('asc', { '@timestamp': { gte: at } }),
      );
    const byBatch = new Map(found.flatMap((sample) => (sample ? [[sample.batch, sample] as const] : [])));
    const samples = [...byBatch.values()].toSorted((a, b) => a.batch - b.batch);
    const exact = samples.slice(0, 1);
    for (const [i, sample] of samples.slice(1).entries())
      exact.push(...(await this.#changesBetween(samples[i]!, sample)), sample);
    return this.#runsOf(exact);
  }

  /** Batches on both sides of each change between two. */
  async #changesBetween(before: Sample, after: Sample): Promise<Sample[]> {
    if (before.days === after.days || after.batch - before.batch < 2) return [];
    const middle = Math.floor((before.batch + after.batch) / 2);
    const found = await this.#sample('asc', { 'auditseal.batch': { gte: middle, lt: after.batch } });
    const sample =
      found ?? (await this.#sample('desc', { 'auditseal.batch': { gt: before.batch, lt: middle } }));
    if (!sample) return [];
    return [
      ...(await this.#changesBetween(before, sample)),
      sample,
      ...(await this.#changesBetween(sample, after)),
    ];
  }

  #runsOf(samples: readonly Sample[]): RetentionClaim[] {
    const { origin } = this.#parts;
    const claims: RetentionClaim[] = [];
    for (const { batch, days, sealedAt } of samples) {
      const run = claims.at(-1);
      if (run?.days === days) Object.assign(run, { last: batch, sealedAt });
      else claims.push({ origin, first: batch, last: batch, days, sealedAt, isNewest: false });
    }
    const newest = claims.at(-1);
    if (newest) newest.isNewest = true;
    return claims;
  }

  /** The first record in this direction of number that a range takes. */
  async #sample(direction: Direction, range?: Readonly<Record<string, object>>): Promise<Sample | undefined> {
    const { client, stream, origin, signal } = this.#parts;
    const path = `/${encodeURIComponent(stream)}/_search`;
    const filter = [
      { term: { 'auditseal.origin': origin } },
      { exists: { field: 'auditseal.batch' } },
      ...(range ? [{ range }] : []),
    ];
    const { body } = await request(client, {
      method: 'POST',
      path,
      query: { allow_partial_search_results: 'false' },
      body: {
        size: triesMax,
        _source: ['auditseal.manifest'],
        query: { bool: { filter } },
        sort: [{ 'auditseal.batch': direction }],
      },
      signal,
    });
    for (const { _source: source } of parseAnswer(path, searchAnswer, body).hits.hits) {
      const manifest = parseManifest(source.auditseal.manifest);
      if (manifest?.origin !== origin) continue;
      const { batch, retentionDays: days, sealedAt } = manifest;
      return { batch, days, sealedAt: Date.parse(sealedAt) };
    }
    return undefined;
  }
}

function evenly<T>(list: readonly T[], max: number): readonly T[] {
  if (list.length <= max) return list;
  return Array.from({ length: max }, (_, i) => list[Math.floor((i * list.length) / max)]!);
}
