import { isOrigin, logName } from '../../../agent/seal/index.ts';
import type { SigningKey, Statement } from '../../../agent/seal/index.ts';
import type { StoredDocument } from '../../../agent/verify/index.ts';
import { eraserKey, statementDocument } from '../../kit/seal/operator.ts';
import { isRecord } from './mutate-parts.ts';
import type { Random } from './random.ts';
import { partsOf } from './rehash.ts';
import type { Scene } from './vectors.ts';

/** Statements about the logs of a scene, of any range and time, most of them such as excuse something. */
export function randomStatements(scene: Scene, random: Random, key: SigningKey): StoredDocument[] {
  return Array.from({ length: 1 + random.below(6) }, () => {
    const statement = randomStatement(scene, random);
    const takes = statement.kind === 'retention' || statement.kind === 'erase';
    const by = takes && random.chance(85) ? eraserKey() : key;
    return statementDocument(statement, by, scene.written.namespace);
  });
}

export function randomStatement({ written, now }: Scene, random: Random): Statement {
  const parts = written.records.filter(isRecord).flatMap((document) => partsOf(document) ?? []);
  const ends = new Map<string, number>();
  for (const { origin, batch } of parts)
    if (isOrigin(origin) && Number.isSafeInteger(batch) && batch >= 0)
      ends.set(origin, Math.max(batch, ends.get(origin) ?? 0));
  const log = random.pick([...ends.keys(), 'a/b/c/d']);
  const at = randomTime(now, random).toISOString();
  const why = random.pick(['because', '"quoted" \\ and\nbroken', 'für später']);
  // Mostly where the log ends.
  const lastOf = (origin: string) => Math.max(0, (ends.get(origin) ?? 0) + random.pick([0, 0, 0, 0, 1, -1]));
  const epochs = [...ends.keys()].filter((origin) => logName(origin) === logName(log)).toSorted();
  if (random.chance(35)) {
    const ended = random.chance(80) ? (epochs.at(-1) ?? log) : log;
    return { kind: 'retire', log: ended, last: lastOf(ended), at, why };
  }
  const earlier = epochs.filter((origin) => origin < log);
  if (earlier.length > 0 && random.chance(50)) {
    const after = random.chance(80) ? earlier.at(-1)! : random.pick(earlier);
    return { kind: 'acknowledge', log, after, last: lastOf(after), at, why };
  }
  const first = random.below(6);
  if (random.chance(35)) {
    const indexes = [0, 1, 2]
      .map((i) => ({ first: 6 * i + random.below(3), last: 6 * i + 3 + random.below(2) }))
      .filter(() => random.chance(60));
    return indexes.length > 0 && random.chance(70)
      ? { kind: 'erase', log, indexes, at, why }
      : { kind: 'retention', log, batches: { first, last: first + random.below(6) }, days: random.pick([1, 2, 400, 463]), at, why };
  }
  return { kind: 'acknowledge', log, batches: { first, last: first + random.below(6) }, at, why };
}

/** Mostly now; else within the time of the log, or at the edge of the tolerance. */
function randomTime(now: Date, random: Random): Date {
  const milliseconds = random.pick([0, 0, 0, 300_000, 300_001, -3_600_000, -random.below(4_000_000)]);
  return new Date(now.getTime() + milliseconds);
}
