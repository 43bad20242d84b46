import { z } from 'zod';
import type { Logger } from '../observe/index.ts';
import {
  backingIndices,
  createClient,
  ElasticsearchError,
  parseAnswer,
  request,
} from '../elasticsearch/index.ts';
import type { ClientSettings, ElasticsearchClient } from '../elasticsearch/index.ts';

/** So often in a row a lookup may fail before documents are sent without one. */
const failuresMax = 3;

/** Asked for in one request: a megabyte. */
const placesAtOnce = 10_000;

export interface LookupSettings extends ClientSettings {
  lookupApiKeyFile?: string | undefined;
}

export interface LookupListener {
  logger: Logger;
  /** A lookup has failed. */
  onFailure: () => void;
}

export interface LookupQuery {
  stream: string;
  ids: readonly string[];
  /** Write indices that were seen last before the documents were first sent; undefined where none was. */
  since: ReadonlySet<string | undefined>;
  signal: AbortSignal;
}

/**
 * Asks Elasticsearch, with a key that may read, which documents it has already, whatever a refresh has made visible: by id
 * in each backing index that one can have been sent to. (A get by id does not work on a data stream, and a search sees only
 * what was refreshed.)
 */
export class Lookup {
  readonly #client: ElasticsearchClient;
  readonly #listener: LookupListener;
  #failures = 0;

  private constructor(client: ElasticsearchClient, listener: LookupListener) {
    this.#client = client;
    this.#listener = listener;
  }

  /** Undefined without a key for it. Throws ElasticsearchError `settings` naming the file and the configuration's key. */
  static async open(
    { lookupApiKeyFile, ...connection }: LookupSettings,
    listener: LookupListener,
  ): Promise<Lookup | undefined> {
    if (lookupApiKeyFile === undefined) return undefined;
    const settings = {
      ...connection,
      apiKeyFile: lookupApiKeyFile,
      username: undefined,
      passwordFile: undefined,
    };
    const client = await createClient({ ...settings, apiKeyName: 'elasticsearch.lookupApiKeyFile' });
    return new Lookup(client, listener);
  }

  /** For other questions by the same key. */
  get client(): ElasticsearchClient {
    return this.#client;
  }

  /**
   * The backing indices that have each of the ids, oldest first. Undefined if lookups fail again and again (the key was
   * refused, for one): what is optional must not hold up the log. Before that, and always where there is no connection at all,
   * throws ElasticsearchError `rejected`: another try may find out.
   */
  async find(query: LookupQuery): Promise<Map<string, string[]> | undefined> {
    try {
      const found = await this.#ask(query);
      this.#failures = 0;
      return found;
    } catch (cause) {
      if (!(cause instanceof ElasticsearchError) || cause.code === 'aborted') throw cause;
      const { status, retryAfterSeconds, message } = cause;
      const error = new ElasticsearchError('rejected', `lookup before sending again: ${message}`, {
        cause,
        status,
        retryAfterSeconds,
      });
      if (cause.unsent) throw error;
      this.#failures += 1;
      this.#listener.onFailure();
      if (this.#failures < failuresMax) throw error;
      this.#listener.logger.warn(
        { error },
        `elasticsearch.lookupApiKeyFile: ${this.#failures} lookups failed in a row; what may be there already is sent again unseen. Copies are possible; ` +
          'the next manifest announces them, so that verify counts them as copies. See the error; the key needs read and view_index_metadata',
      );
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #ask({ stream, ids, since, signal }: LookupQuery): Promise<Map<string, string[]>> {
    const all = await backingIndices(this.#client, stream, signal);
    // One that is not listed is unknown, or retention has deleted it: then all that are there may have a document.
    const first = Math.max(0, Math.min(...[...since].map((index) => all.indexOf(index ?? ''))));
    const places = all.slice(first).flatMap((index) => ids.map((id) => ({ [indexKey]: index, [idKey]: id })));
    const found = new Map<string, string[]>();
    for (let at = 0; at < places.length; at += placesAtOnce)
      for (const place of await this.#having(places.slice(at, at + placesAtOnce), signal))
        found.set(place[idKey], [...(found.get(place[idKey]) ?? []), place[indexKey]]);
    return found;
  }

  async #having(places: readonly Place[], signal: AbortSignal): Promise<Place[]> {
    const path = '/_mget';
    const query = { _source: 'false', filter_path: 'docs._index,docs._id,docs.found,docs.error.type' };
    const body = { docs: places };
    const answer = await request(this.#client, { method: 'POST', path, query, body, signal });
    const { docs } = parseAnswer(path, gotten, answer.body);
    if (docs.length !== places.length)
      throw new ElasticsearchError(
        'bad-response',
        `${path}: the answer is about ${docs.length} documents, asked were ${places.length}`,
      );
    return docs.filter(({ found, error, ...place }) => {
      // Deleted since it was listed.
      const isGone = error?.type === 'index_not_found_exception';
      if (found === undefined && !isGone)
        throw new ElasticsearchError(
          'rejected',
          `${path}: ${place[indexKey]}/${place[idKey]}: ${error?.type}`,
        );
      return found;
    });
  }
}

const indexKey = '_index';
const idKey = '_id';
type Place = Record<typeof indexKey | typeof idKey, string>;

const gotten = z.object({
  docs: z.array(
    z.object({
      [indexKey]: z.string(),
      [idKey]: z.string(),
      found: z.boolean().optional(),
      error: z.object({ type: z.string() }).optional(),
    }),
  ),
});
