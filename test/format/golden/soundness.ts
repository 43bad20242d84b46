import { logIdOf, logName } from '../../../agent/seal/index.ts';
import type { StoredDocument } from '../../../agent/verify/index.ts';
import { entryOf } from './listing.ts';
import { isMarker, isNote, isRecord, isStatement, placeOf } from './mutate-parts.ts';
import { partsOf } from './rehash.ts';
import type { Parts } from './rehash.ts';
import type { Scene } from './vectors.ts';

/**
 * Whether something that was sealed is no longer there, byte for byte and under its `_id`, so that a verifier must say
 * something. Not asked for is what the format says that it cannot show: the newest batches, gone without a trace.
 */
export function isSealBroken(before: Scene, after: Scene): boolean {
  const lost = [...lostOf(before, after, 'records'), ...lostOf(before, after, 'events')];
  return lost.length > 0 && !isTail(before, after, lost);
}

function lostOf(before: Scene, after: Scene, stream: 'records' | 'events'): StoredDocument[] {
  const there = new Set(after.written[stream].map(sealedIn));
  return before.written[stream].filter(
    (document) => !isMarker(document) && !isStatement(document) && !there.has(sealedIn(document)),
  );
}

/** Of a document what a seal covers: of a refused form the entry inside, of a note document the note. */
function sealedIn(document: StoredDocument): string {
  const { id, source } = document;
  if (isNote(document)) return `${id} ${noteOf(source)}`;
  return `${id} ${entryIn(source)}`;
}

function noteOf(source: Buffer): string {
  try {
    const { auditseal } = JSON.parse(source.toString()) as { auditseal: { note: string } };
    return auditseal.note;
  } catch {
    return '';
  }
}

function entryIn(source: Buffer): string {
  try {
    return entryOf(source).toString('latin1');
  } catch {
    return source.toString('latin1');
  }
}

/** Whether all that is lost are the newest batches of the newest epochs, whole, and nothing of them is left. */
function isTail(before: Scene, after: Scene, lost: readonly StoredDocument[]): boolean {
  const [had, left] = [recordsOf(before), recordsOf(after)];
  const isNewest = (origin: string) =>
    had.every((parts) => logName(parts.origin) !== logName(origin) || parts.origin <= origin);
  const ofLog = new Map(had.map(({ vkey, origin }) => [logIdOf(vkey), origin]));
  return lost.every((document) => {
    const place = isNote(document)
      ? placeOfNote(document, before, ofLog)
      : (partsOf(document) ?? placeOf(document));
    const { origin, batch } = place;
    return (
      isNewest(origin) &&
      left.every((parts) => parts.origin !== origin || parts.batch < batch) &&
      !after.written.records.some(({ id }) => document.id === id)
    );
  });
}

function recordsOf(scene: Scene): Parts[] {
  return scene.written.records.filter(isRecord).flatMap((each) => partsOf(each) ?? []);
}

function placeOfNote(
  { id }: StoredDocument,
  before: Scene,
  ofLog: ReadonlyMap<string, string>,
): { origin: string; batch: number } {
  const origin = ofLog.get(id.slice(0, 16)) ?? '';
  const event = before.written.events.find((each) => each.id.startsWith(id.slice(0, 30).replace('-r', '-')));
  return { origin, batch: event ? placeOf(event).batch : 0 };
}
