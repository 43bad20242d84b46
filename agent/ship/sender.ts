import { bulk, isStored } from '../elasticsearch/index.ts';
import type { BulkItem, ElasticsearchClient } from '../elasticsearch/index.ts';
import type { Arrivals } from './arrivals.ts';
import { creationsOf, gzipBytesOf, without } from './bulk-body.ts';
import type { BulkBody, Creation } from './bulk-body.ts';
import type { Lookup } from './lookup.ts';
import { mayHaveBeenDone } from './may-have-been-done.ts';

export interface SenderParts {
  client: ElasticsearchClient;
  lookup: Lookup | undefined;
  stream: string;
  /** The write index that an answer named last. */
  seen: { index: string | undefined };
  arrivals: Arrivals;
}

/**
 * Sends documents of one batch to one stream, and records where they may have arrived. What may be there already is looked for
 * first, where there is a key for that: only what is missing is sent again.
 */
export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  get stream(): string {
    return this.#parts.stream;
  }

  /** Sends a body once; an answer for each document, in order. One that was found has 409. Throws ElasticsearchError. */
  async send(body: BulkBody, signal: AbortSignal): Promise<BulkItem[]> {
    const found = await this.#find(body, signal);
    if (found.size === 0) return await this.#sendOnce(body, signal);
    const rest = await without(body, found);
    const items = rest.indexes.length === 0 ? [] : await this.#sendOnce(rest, signal);
    const answers = new Map(rest.indexes.map((index, i) => [index, items[i]!]));
    return body.indexes.map((index) => found.get(index) ?? answers.get(index)!);
  }

  async #find(body: BulkBody, signal: AbortSignal): Promise<Map<number, BulkItem>> {
    const { lookup, arrivals, stream } = this.#parts;
    const found = new Map<number, BulkItem>();
    if (!lookup || !body.indexes.some((index) => arrivals.isUnsure(index))) return found;
    const unsure = (await creationsOf(body)).filter(({ index }) => arrivals.isUnsure(index));
    const ids = unsure.map(idOf);
    const since = new Set(unsure.map(({ index }) => arrivals.sinceOf(index)));
    const places = await lookup.find({ stream, ids, since, signal });
    for (const [i, { index }] of unsure.entries()) {
      const indices = places?.get(ids[i]!);
      if (!indices) continue;
      found.set(index, { status: 409, index: indices.at(-1)! });
      if (indices.length > 1) arrivals.markCopied(index);
    }
    return found;
  }

  async #sendOnce(body: BulkBody, signal: AbortSignal): Promise<BulkItem[]> {
    const { client, stream, arrivals, seen } = this.#parts;
    const since = seen.index;
    const count = body.indexes.length;
    const { items } = await bulk(client, { stream, gzipBody: gzipBytesOf(body), count, signal }).catch(
      (error: unknown) => {
        if (mayHaveBeenDone(error)) for (const index of body.indexes) arrivals.markUnsure(index, since);
        throw error;
      },
    );
    for (const [i, item] of items.entries()) {
      const index = body.indexes[i]!;
      if (isStored(item)) {
        arrivals.markArrived(index, item.index, item.status !== 409);
        if (item.index !== undefined) seen.index = item.index;
      } else if (item.status >= 500) arrivals.markUnsure(index, since);
    }
    return items;
  }
}

/** The `_id` in the action line, which {@link creationBytes} and the sealer write. */
export function idOf({ bytes }: Creation): string {
  const action = JSON.parse(bytes.toString('utf8', 0, bytes.indexOf(0x0a))) as {
    create: { ['_id']: string };
  };
  return action.create['_id'];
}
