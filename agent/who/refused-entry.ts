import { gunzipSync } from 'node:zlib';

/** Of what is longer nothing is read: parsed it would take ten times as much. */
const entryBytesMax = 4 * 1024 * 1024;

/**
 * The answer to a request whose bodies Elasticsearch refused, from the entry that the refused form holds (docs/seal-format.md §4). What
 * the client sent is not: the same key may be in it twice.
 *
 * @param refused the member `auditseal.refused`, which has a dot in its name
 * @returns undefined where there is none, or it cannot be read. It never throws.
 */
export function answerInside(refused: unknown): unknown {
  if (typeof refused !== 'string') return undefined;
  try {
    const entry = gunzipSync(Buffer.from(refused, 'base64'), { maxOutputLength: entryBytesMax });
    const { kubernetes } = JSON.parse(entry.toString()) as {
      kubernetes?: { audit?: { responseObject?: unknown } };
    };
    return kubernetes?.audit?.responseObject;
  } catch {
    return undefined;
  }
}
