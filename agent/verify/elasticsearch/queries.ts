import type { BatchRange } from '../records/log.ts';
import type { LogExtent } from '../streams.ts';
import type { ReadPart } from '../read-part.ts';
import type { Walk } from '../../elasticsearch/index.ts';

/** Milliseconds since 1970, both ends included. */
export interface TimeRange {
  since: number;
  until: number;
}

const byOrigin = { 'auditseal.origin': { order: 'asc', missing: '_last', unmapped_type: 'keyword' } };
const byNumber = (field: string) => ({ [field]: { order: 'asc', missing: '_last', unmapped_type: 'long' } });
export const byBatch = byNumber('auditseal.batch');
const bySequence = byNumber('event.sequence');

const ofOrigin = (origin: string) => ({ term: { 'auditseal.origin': origin } });
const originsIn = (bound: object) => ({ range: { 'auditseal.origin': bound } });
const ofNone = (origins: readonly string[]) => ({
  bool: { must_not: [{ terms: { 'auditseal.origin': origins } }] },
});
const inTime = ({ since, until }: TimeRange) => ({
  range: { '@timestamp': { gte: since, lte: until, format: 'epoch_millis' } },
});
const all = (...filter: object[]) => ({ bool: { filter } });
const some = (...should: object[]) => ({ bool: { should, minimum_should_match: 1 } });

/**
 * A stream in order of origin and number, as one walk for each origin that is known and one for all the rest: within
 * one origin Elasticsearch finds the next page by the number's index, instead of sorting everything for every page.
 * Together they take every document, whatever it holds.
 */
function inOrder(origins: readonly string[], sort: object): Walk[] {
  return [
    ...origins.map((origin) => ({ query: all(ofOrigin(origin)), sort: [sort] })),
    { query: ofNone(origins), sort: [byOrigin, sort] },
  ];
}

export function recordWalks(origins: readonly string[]): Walk[] {
  return inOrder(origins, byBatch);
}

export function eventWalks(logs: readonly LogExtent[], leftOut: readonly ReadPart[]): Walk[] {
  const origins = logs.map(({ origin }) => origin);
  return withoutParts(origins, inOrder(origins, bySequence), leftOut);
}

/** The documents that say that they are within a part that was read before. */
export function partQuery({ origin, from, to }: ReadPart): object {
  return all(ofOrigin(origin), sequencesOf({ from, to }));
}

const sequencesOf = ({ from, to }: Pick<LogExtent, 'from' | 'to'>) => ({
  range: { 'event.sequence': { gte: from, lt: to } },
});

/** The walks of the origins, which come first, without the documents of the parts; those of the rest as they are. */
function withoutParts(origins: readonly string[], walks: Walk[], leftOut: readonly ReadPart[]): Walk[] {
  const partsOf = Map.groupBy(leftOut, ({ origin }) => origin);
  return walks.map((walk, at) => {
    const parts = partsOf.get(origins[at] ?? '');
    if (!parts) return walk;
    return { ...walk, query: { bool: { filter: [walk.query], must_not: parts.map(sequencesOf) } } };
  });
}

/**
 * The first document of the least origin above this one; `undefined` begins. A forged document may have several origins and is
 * sorted by the least: with one at or below `after` it is left out, or the same one would come again and again.
 */
export function nextOriginWalk(after: string | undefined): Walk {
  if (after === undefined) return { query: all({ exists: { field: 'auditseal.origin' } }), sort: [byOrigin] };
  return {
    query: { bool: { filter: [originsIn({ gt: after })], must_not: [originsIn({ lte: after })] } },
    sort: [byOrigin],
  };
}

/** The records of one origin that may hold something of a time range: what is sealed is sealed after it happened. */
export function candidateWalk(origin: string, since: number): Walk {
  const sealed = { range: { '@timestamp': { gte: since, format: 'epoch_millis' } } };
  return { query: all(ofOrigin(origin), sealed), sort: [byBatch] };
}

/** The records of one origin from an end, or below or above a batch number. */
export function neighbourWalk(
  origin: string,
  direction: 'asc' | 'desc',
  bound?: { lt: number } | { gt: number },
): Walk {
  const range = bound ?? { gte: 0 };
  const sort = { 'auditseal.batch': { order: direction, unmapped_type: 'long' } };
  return { query: all(ofOrigin(origin), { range: { 'auditseal.batch': range } }), sort: [sort] };
}

/** The records of one origin that say that they were sealed before or after a time; only of batches on that side of `bound`. */
export function sealedWalk(
  origin: string,
  direction: 'asc' | 'desc',
  time: { lt: number } | { gt: number },
  bound?: number,
): Walk {
  const sealed = { range: { '@timestamp': { ...time, format: 'epoch_millis' } } };
  const side = bound === undefined ? { gte: 0 } : direction === 'asc' ? { gt: bound } : { lt: bound };
  const sort = { 'auditseal.batch': { order: direction, unmapped_type: 'long' } };
  return { query: all(ofOrigin(origin), sealed, { range: { 'auditseal.batch': side } }), sort: [sort] };
}

/** The records of one origin that say that they hold a leaf index. */
export function holdingWalk(origin: string, index: number): Walk {
  const holds = [
    { range: { 'auditseal.first': { lte: index } } },
    { range: { 'auditseal.size': { gt: index } } },
  ];
  return { query: all(ofOrigin(origin), ...holds), sort: [byBatch] };
}

/** The records of one origin that say that they are of one of these batches. */
export function batchWalk(origin: string, batches: readonly number[]): Walk {
  return { query: all(ofOrigin(origin), { terms: { 'auditseal.batch': batches } }), sort: [byBatch] };
}

/** The refusal notes that say that they are about an index of a log. */
export function refusalWalk(origin: string, index: number): Walk {
  return { query: all(ofOrigin(origin), { term: { 'auditseal.index': index } }), sort: [byBatch] };
}

/** The events that say that they are at this index of a log. */
export function claimWalk(origin: string, index: number): Walk {
  return { query: all(ofOrigin(origin), { term: { 'event.sequence': index } }), sort: [bySequence] };
}

/** The events that say that they have this `event.id`. */
export function eventIdWalk(eventId: string): Walk {
  return { query: { term: { 'event.id': eventId } }, sort: [bySequence] };
}

/** Whatever the record stream has of one origin, its greatest batch number first, start markers last. */
export function newestWalk(origin: string): Walk {
  const sort = { 'auditseal.batch': { order: 'desc', missing: '_last', unmapped_type: 'long' } };
  return { query: all(ofOrigin(origin)), sort: [sort] };
}

/** Whatever the record stream has under an operator's name, in the order in which it arrived: data streams name their indices by age. */
export function arrivalWalk(name: string, direction: 'asc' | 'desc'): Walk {
  return { query: all(ofOrigin(name)), sort: [{ _index: direction }, { _seq_no: direction }] };
}

/** Which records of an origin a time range needs: the run of batches, and the ends of the log for keys and epochs. */
export interface RangeOfLog {
  origin: string;
  batches: BatchRange | undefined;
  /** Leaf indexes of that run, by the records' own word: refusal notes about these are read. */
  indexes: { from: number; to: number } | undefined;
  ends: readonly number[];
}

/** `operators` are names under which statements are indexed: those count at any time, and are read by {@link arrivalWalk}. */
export function rangeRecordWalks(
  logs: readonly RangeOfLog[],
  time: TimeRange,
  operators: readonly string[],
): Walk[] {
  const ofLog = ({ origin, batches, indexes, ends }: RangeOfLog) => {
    const wanted = some(
      { terms: { 'auditseal.batch': ends } },
      inTime(time),
      ...(batches ? [{ range: { 'auditseal.batch': { gte: batches.from, lte: batches.to } } }] : []),
      ...(indexes ? [{ range: { 'auditseal.index': { gte: indexes.from, lt: indexes.to } } }] : []),
    );
    return { query: all(ofOrigin(origin), wanted), sort: [byBatch] };
  };
  const none = ofNone([...operators, ...logs.map(({ origin }) => origin)]);
  return [...logs.map(ofLog), { query: all(none, inTime(time)), sort: [byOrigin, byBatch] }];
}

export function rangeEventWalks(
  logs: readonly LogExtent[],
  time: TimeRange,
  leftOut: readonly ReadPart[],
): Walk[] {
  const ofLog = (log: LogExtent) => ({
    query: all(ofOrigin(log.origin), some(sequencesOf(log), inTime(time))),
    sort: [bySequence],
  });
  const origins = logs.map(({ origin }) => origin);
  const others = { query: all(ofNone(origins), inTime(time)), sort: [byOrigin, bySequence] };
  return withoutParts(origins, [...logs.map(ofLog), others], leftOut);
}
