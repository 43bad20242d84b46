import { sortOf, walk } from '../../elasticsearch/index.ts';
import type { ElasticsearchClient, Hit, PointInTime } from '../../elasticsearch/index.ts';
import { arrivalWalk } from './queries.ts';

/** From either end, of one operator: more than a person signs in a life, read in seconds. */
export const statementsMax = 10_000;
const bytesMax = 64 * 1024 * 1024;

export interface OperatorDocumentsOptions {
  /** Of the operator's key, as it is indexed. */
  name: string;
  /** Documents from either end. */
  documentsMax: number;
  signal?: AbortSignal | undefined;
}

/**
 * The documents under an operator's name, of any time: those that arrived first, then those that arrived last. Returns whether
 * that is all of them.
 *
 * Whoever may create documents writes under that name what he likes, and only the signature tells a statement from the rest. What
 * he cannot choose is where in a backing index his documents come to lie (`_seq_no`): however many he writes, they push no
 * statement away that was there before the first of them, nor one that is sent after the last.
 */
export async function* operatorDocuments(
  client: ElasticsearchClient,
  pit: PointInTime,
  { name, documentsMax, signal }: OperatorDocumentsOptions,
): AsyncGenerator<Hit, boolean> {
  let last: Place | undefined;
  for (const direction of ['asc', 'desc'] as const) {
    const end = last;
    let isWhole = true;
    let [documents, bytes] = [0, 0];
    for await (const hit of walk(client, pit, arrivalWalk(name, direction), signal)) {
      const place = placeOf(hit);
      if (end && !isBehind(place, end)) return true;
      if (documents === documentsMax || bytes >= bytesMax) {
        isWhole = false;
        break;
      }
      last = place;
      documents += 1;
      bytes += hit.source.length;
      yield hit;
    }
    if (isWhole) return true;
  }
  return false;
}

interface Place {
  index: string;
  sequence: number;
}

function placeOf(hit: Hit): Place {
  const [, sequence] = JSON.parse(sortOf(hit)) as [unknown, number];
  return { index: hit.index, sequence };
}

function isBehind(place: Place, end: Place): boolean {
  return place.index === end.index ? place.sequence > end.sequence : place.index > end.index;
}
