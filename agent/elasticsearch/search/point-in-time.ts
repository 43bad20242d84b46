import { request } from '../request.ts';
import { ElasticsearchError } from '../error.ts';
import type { ElasticsearchClient } from '../client.ts';

/** Long against the time between two pages; renewed while it is held. */
const keepAlive = '10m';
const renewMilliseconds = 60_000;
const closeMilliseconds = 5000;

/** A frozen view of one stream. Renewed by itself until it is closed; its id may change with every answer. */
export class PointInTime {
  id: string;
  readonly #client: ElasticsearchClient;
  readonly #timer: NodeJS.Timeout;

  private constructor(client: ElasticsearchClient, id: string) {
    this.#client = client;
    this.id = id;
    // A renewal that fails shows at the next page, which says more.
    this.#timer = setInterval(() => void this.#renew().catch(() => undefined), renewMilliseconds).unref();
  }

  /** Undefined if there is no such stream. */
  static async open(
    client: ElasticsearchClient,
    stream: string,
    signal?: AbortSignal,
  ): Promise<PointInTime | undefined> {
    const answer = await request(client, {
      method: 'POST',
      path: `/${encodeURIComponent(stream)}/_pit`,
      query: { keep_alive: keepAlive },
      expect: [404],
      signal,
    });
    if (answer.status === 404) return undefined;
    const { id, _shards: shards } = answer.body as { id?: unknown; _shards?: { failed?: number } };
    if (typeof id !== 'string')
      throw new ElasticsearchError('bad-response', `no point in time of ${stream} was opened`);
    if ((shards?.failed ?? 0) > 0)
      throw new ElasticsearchError(
        'partial',
        `not every shard of ${stream} is there; look at the cluster's health`,
      );
    return new PointInTime(client, id);
  }

  /** What a search body has as `pit`. */
  get wanted(): { id: string; keep_alive: string } {
    return { id: this.id, keep_alive: keepAlive };
  }

  /** The member of a search body that names it. */
  get member(): string {
    return `"pit":${JSON.stringify(this.wanted)}`;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    // It ends by itself when nobody renews it: a failure here is no reason to say that the verification failed.
    await request(this.#client, {
      method: 'DELETE',
      path: '/_pit',
      body: { id: this.id },
      expect: [404],
      signal: AbortSignal.timeout(closeMilliseconds),
    }).catch((error: unknown) => {
      if (!(error instanceof ElasticsearchError)) throw error;
    });
  }

  async #renew(): Promise<void> {
    const body = { size: 0, track_total_hits: false, pit: this.wanted };
    await request(this.#client, { method: 'POST', path: '/_search', body });
  }
}
