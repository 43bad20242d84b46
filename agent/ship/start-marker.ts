import { gzipSync } from 'node:zlib';
import { startMarker } from '../seal/index.ts';
import type { SigningKey } from '../seal/index.ts';
import type { StartState } from '../store/index.ts';
import { bulk, ElasticsearchError, isStored, notStored, untilDone } from '../elasticsearch/index.ts';
import type { ElasticsearchClient, RetryOptions } from '../elasticsearch/index.ts';
import { recordStream } from '../streams/index.ts';
import type { Lookup } from './lookup.ts';
import { creationBytes } from './shipment.ts';

export interface StartParts {
  client: ElasticsearchClient;
  namespace: string;
  /** Finds a marker in whichever backing index; without it, only in the newest. */
  lookup: Lookup | undefined;
  /** The write index of the record stream that was seen last before the start; null if none was. */
  seen: string | null;
  key: SigningKey;
  now: () => Date;
  /** Makes durable how it stands with a counter's marker; an attempt before it is sent. */
  mark: (counter: number, state: StartState) => Promise<void>;
}

/**
 * Creates this start's marker (docs/seal-format.md §6) and says whether the state is the newest there is. A 409 on a
 * marker that we cannot have sent before means that another life of this state has: `rolled back`. After a try whose
 * outcome is unknown (`maybeSent`: an earlier process's) a 409 proves nothing, so the next counter is asked.
 */
export async function announceStart(
  parts: StartParts,
  start: { counter: number; maybeSent: boolean },
  options: Omit<RetryOptions, 'shouldRetry'>,
): Promise<'continued' | 'rolled back'> {
  let { maybeSent } = start;
  const answer = await untilDone(async () => {
    if (await isFound(parts, start.counter, options.signal)) return maybeSent ? 'unclear' : 'taken';
    const sentBefore = maybeSent;
    maybeSent = true;
    try {
      const created = await sendMarker(parts, start.counter, options.signal);
      return created ? 'created' : sentBefore ? 'unclear' : 'taken';
    } catch (error) {
      if (!sentBefore && cannotHaveArrived(error)) maybeSent = false;
      throw error;
    }
  }, options);
  if (answer === 'taken') return 'rolled back';
  if (answer === 'created') {
    await parts.mark(start.counter, 'answered');
    return 'continued';
  }
  const next = start.counter + 1;
  await parts.mark(next, 'attempted');
  return await announceStart(parts, { counter: next, maybeSent: false }, options);
}

/** Nothing was sent, or it was turned away at the door. */
function cannotHaveArrived(error: unknown): boolean {
  return error instanceof ElasticsearchError && (error.unsent || error.code === 'unauthorized');
}

/** A create cannot tell once the stream has gone on to another backing index: there the marker's `_id` is free again. */
async function isFound(parts: StartParts, counter: number, signal: AbortSignal): Promise<boolean> {
  const { lookup, seen, key, namespace, now } = parts;
  if (!lookup) return false;
  const { id } = startMarker(counter, key, namespace, now());
  const ids = [id];
  const since = new Set([seen ?? undefined]);
  const found = await lookup.find({ stream: recordStream(namespace), ids, since, signal });
  return found !== undefined && found.size > 0;
}

/** False for a 409. */
async function sendMarker(
  { client, namespace, key, now }: StartParts,
  counter: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { id, source } = startMarker(counter, key, namespace, now());
  const lines = creationBytes(id, source);
  const { items } = await bulk(client, {
    stream: recordStream(namespace),
    gzipBody: gzipSync(lines),
    count: 1,
    signal,
  });
  const item = items[0]!;
  if (isStored(item)) return item.status === 201;
  throw notStored(recordStream(namespace), `start marker ${id}`, item);
}
