import { gzipSync } from 'node:zlib';
import { noteDocument, startDocumentId, startText, logIdOf, type SigningKey } from '../seal/index.ts';
import type { StartState } from '../store/index.ts';
import { bulk } from './bulk.ts';
import type { ElasticsearchClient } from './client.ts';
import { ShipError } from './error.ts';
import { untilDone, type RetryOptions } from './retry.ts';
import { createLine } from './shipper.ts';
import { recordStream } from './streams.ts';

export interface StartParts {
  client: ElasticsearchClient;
  namespace: string;
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
  if (error instanceof ShipError && error.code === 'unauthorized') return true;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (
      'code' in cause &&
      (cause.code === 'ECONNREFUSED' || cause.code === 'ENOTFOUND' || cause.code === 'EAI_AGAIN')
    )
      return true;
  }
  return false;
}

/** False for a 409. */
async function sendMarker(
  { client, namespace, key, now }: StartParts,
  counter: number,
  signal: AbortSignal,
): Promise<boolean> {
  const id = startDocumentId(logIdOf(key.verifier.text), counter);
  const line = createLine(id, noteDocument(startText(key.verifier.name, counter), key, namespace, now()));
  const { items } = await bulk(client, {
    stream: recordStream(namespace),
    gzipBody: gzipSync(line),
    count: 1,
    signal,
  });
  const { status, error } = items[0]!;
  if (status === 201) return true;
  if (status === 409) return false;
  throw new ShipError('rejected', `start marker ${id}: ${status} ${error?.type}: ${error?.reason}`, {
    status,
  });
}
