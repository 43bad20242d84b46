import type { StoredDocument } from '../../../agent/verify/index.ts';
import { clock, dropped, forged, refused, trust, whole } from './mutate-documents.ts';
import { checkpoint, event, hashes, manifest, record, signedNote, statement, takeOver } from './mutate-parts.ts';
import type { Done, Mutation } from './mutate-parts.ts';
import { lie, secondLife, unrecorded } from './mutate-lies.ts';
import type { Random } from './random.ts';
import type { Scene } from './vectors.ts';

/** How often each, of their sum. */
const weights: [Mutation, number][] = [
  [event, 22],
  [record, 9],
  [manifest, 32],
  [lie, 16],
  [secondLife, 6],
  [unrecorded, 4],
  [checkpoint, 12],
  [hashes, 10],
  [takeOver, 14],
  [signedNote, 10],
  [statement, 12],
  [whole, 15],
  [forged, 10],
  [refused, 10],
  [dropped, 8],
  [clock, 4],
  [trust, 4],
];
const total = weights.reduce((sum, [, weight]) => sum + weight, 0);

/** A scene of its own, which mutations may change as they like. */
export function cloneOf({ written, trust: file, now }: Scene): Scene {
  return {
    written: { ...written, records: copies(written.records), events: copies(written.events) },
    ...(file && { trust: structuredClone(file) }),
    now,
  };
}

function copies(list: readonly StoredDocument[]): StoredDocument[] {
  return list.map((document) => ({ ...document }));
}

/** One random mutation, now and then two. */
export function mutate(scene: Scene, random: Random): Done {
  const first = draw(scene, random);
  if (!random.chance(10)) return first;
  const second = draw(scene, random);
  return {
    kind: first.kind,
    detail: `${first.detail}; and ${second.kind} ${second.detail}`,
    rehashed: first.rehashed === true || second.rehashed === true,
    excused: first.excused === true || second.excused === true,
  };
}

function draw(scene: Scene, random: Random): Done {
  for (;;) {
    let at = random.below(total);
    const [mutation] = weights.find(([, weight]) => (at -= weight) < 0)!;
    const done = mutation(scene, random);
    if (done) return done;
  }
}
