import type { ElasticsearchClient } from '../elasticsearch/index.ts';
import { PointInTime } from '../elasticsearch/index.ts';
import type { Erasure, SigningKey, VerifierKey } from '../seal/index.ts';
import { recordStream } from '../streams/index.ts';
import { isSealedAfter, operatorDocuments, Statements, statementsMax } from '../verify/index.ts';
import { EraseError } from './error.ts';
import type { LogEvents } from './plan.ts';
import type { Place } from './sealed.ts';

/** Of one statement: a person may have a million events. */
const intervalsMax = 2000;

/** Erasures that a key has signed, by log: a run that was killed behind them goes on from there. Throws ElasticsearchError, EraseError. */
export async function erasuresBy(
  client: ElasticsearchClient,
  key: VerifierKey,
  namespace: string,
  signal?: AbortSignal,
): Promise<Erasure[]> {
  const records = await PointInTime.open(client, recordStream(namespace), signal);
  if (!records) return [];
  try {
    const statements = new Statements({ operators: [], erasers: [key.text] });
    const options = { name: key.name, documentsMax: statementsMax, signal };
    const documents = operatorDocuments(client, records, options);
    let next = await documents.next();
    for (; next.done !== true; next = await documents.next()) statements.take(next.value);
    if (!next.value)
      throw new EraseError(
        'flooded',
        `more documents are under the name ${key.name} than are read: see docs/operations.md, “A flood of statements”`,
      );
    return statements.counted().flatMap(({ statement }) => (statement.kind === 'erase' ? [statement] : []));
  } finally {
    await records.close();
  }
}

export interface NewErasures {
  key: SigningKey;
  at: Date;
  why: string;
}

/** The statements that are to be signed: those indexes of a log that none of `before` has. */
export function erasuresOf(
  { origin, places }: LogEvents,
  before: readonly Erasure[],
  { at, why }: NewErasures,
): Erasure[] {
  const own = before.filter(({ log }) => log === origin);
  const isSigned = ({ index, sealedAt }: Pick<Place, 'index' | 'sealedAt'>) =>
    own.some(
      (erasure) =>
        !isSealedAfter(erasure, sealedAt) &&
        erasure.indexes.some(({ first, last }) => index >= first && index <= last),
    );
  const intervals: Erasure['indexes'] = [];
  for (const place of places) {
    if (isSigned(place)) continue;
    const { index } = place;
    const last = intervals.at(-1);
    if (last && last.last + 1 === index) last.last = index;
    else intervals.push({ first: index, last: index });
  }
  const erasures: Erasure[] = [];
  for (let i = 0; i < intervals.length; i += intervalsMax)
    erasures.push({
      kind: 'erase',
      log: origin,
      indexes: intervals.slice(i, i + intervalsMax),
      at: at.toISOString(),
      why,
    });
  return erasures;
}
