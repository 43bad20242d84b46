import { isOrigin, logName, type SigningKey, type Statement } from '../../agent/seal/index.ts';
import type { StoredDocument } from '../../agent/seal/verify/index.ts';
import { statementDocument } from '../seal/operator.ts';
import { isRecord } from './mutate-parts.ts';
import type { Random } from './random.ts';
import { partsOf } from './rehash.ts';
import type { Scene } from './vectors.ts';

/** Statements about the logs of a scene, of any range and time, most of them such as excuse something. */
export function randomStatements(scene: Scene, random: Random, key: SigningKey): StoredDocument[] {
  return Array.from({ length: 1 + random.below(6) }, () =>
    statementDocument(randomStatement(scene, random), key, scene.written.namespace),
  );
}

export function randomStatement({ written, now }: Scene, random: Random): Statement {
  const parts = written.records.filter(isRecord).flatMap((document) => partsOf(document) ?? []);
  const origins = [...new Set(parts.map(({ origin }) => origin).filter(isOrigin)), 'a/b/c/d'];
  const log = random.pick(origins);
  const at = randomTime(now, random).toISOString();
  const why = random.pick(['because', '"quoted" \\ and\nbroken', 'für später']);
  if (random.chance(35)) return { kind: 'retire', log: logName(log), at, why };
  if (random.chance(30)) return { kind: 'acknowledge', log, at, why };
  const first = random.below(6);
  return { kind: 'acknowledge', log, batches: { first, last: first + random.below(6) }, at, why };
}

/** Mostly now; else within the time of the log, or at the edge of the tolerance. */
function randomTime(now: Date, random: Random): Date {
  const milliseconds = random.pick([0, 0, 0, 300_000, 300_001, -3_600_000, -random.below(4_000_000)]);
  return new Date(now.getTime() + milliseconds);
}
