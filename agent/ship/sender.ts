import type { Arrivals } from './arrivals.ts';
import { bulk, isStored, type BulkItem } from '../elasticsearch/index.ts';
import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import type { Lookup } from './lookup.ts';
import { mayHaveBeenDone } from './outcome.ts';
import { bodyOf, linesOf, without, type Line, type Parcel } from './body.ts';

export interface SenderParts {
  client: ElasticsearchClient;
  lookup: Lookup | undefined;
  stream: string;
  /** The write index that an answer named last. */
  seen: { index: string | undefined };
  arrivals: Arrivals;
}

/**
 * Sends documents of one batch to one stream, and keeps the books on where they may have arrived. What may be there already
 * is looked for first, where there is a key for that: only what is missing is sent again.
 */
export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  get stream(): string {
    return this.#parts.stream;
  }

  /** Sends a parcel once; an answer for each document, in order. One that was found has 409. Throws ShipError. */
  async send(parcel: Parcel, signal: AbortSignal): Promise<BulkItem[]> {
    const found = await this.#find(parcel, signal);
    if (found.size === 0) return await this.#sendOnce(parcel, signal);
    const rest = await without(parcel, found);
    const items = rest.indexes.length === 0 ? [] : await this.#sendOnce(rest, signal);
    const answers = new Map(rest.indexes.map((index, i) => [index, items[i]!]));
    return parcel.indexes.map((index) => found.get(index) ?? answers.get(index)!);
  }

  async #find(parcel: Parcel, signal: AbortSignal): Promise<Map<number, BulkItem>> {
    const { lookup, arrivals, stream } = this.#parts;
    const found = new Map<number, BulkItem>();
    if (!lookup || !parcel.indexes.some((index) => arrivals.isUnsure(index))) return found;
    const unsure = (await linesOf(parcel)).filter(({ index }) => arrivals.isUnsure(index));
    const ids = unsure.map(idOf);
    const since = new Set(unsure.map(({ index }) => arrivals.sinceOf(index)));
    const places = await lookup.find({ stream, ids, since, signal });
    for (const [i, { index }] of unsure.entries()) {
      const indices = places?.get(ids[i]!);
      if (!indices) continue;
      found.set(index, { status: 409, index: indices.at(-1)! });
      if (indices.length > 1) arrivals.copied(index);
    }
    return found;
  }

  async #sendOnce(parcel: Parcel, signal: AbortSignal): Promise<BulkItem[]> {
    const { client, stream, arrivals, seen } = this.#parts;
    const since = seen.index;
    const count = parcel.indexes.length;
    const { items } = await bulk(client, { stream, gzipBody: bodyOf(parcel), count, signal }).catch(
      (error: unknown) => {
        if (mayHaveBeenDone(error)) for (const index of parcel.indexes) arrivals.lost(index, since);
        throw error;
      },
    );
    for (const [i, item] of items.entries()) {
      const index = parcel.indexes[i]!;
      if (isStored(item)) {
        arrivals.arrived(index, item.index, item.status !== 409);
        if (item.index !== undefined) seen.index = item.index;
      } else if (item.status >= 500) arrivals.lost(index, since);
    }
    return items;
  }
}

/** The `_id` in a line's action, which {@link createLine} and the sealer write. */
export function idOf({ bytes }: Line): string {
  const action = JSON.parse(bytes.toString('utf8', 0, bytes.indexOf(0x0a))) as {
    create: { ['_id']: string };
  };
  return action.create['_id'];
}
