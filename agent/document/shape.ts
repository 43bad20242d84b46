import { cutMembers } from '../json/index.ts';
import type { Cut, DocumentContext, Place } from './context.ts';
import type { AuditEvent } from '../event/index.ts';
import { eventHead, timestampOf } from './head.ts';
import { bodyMembers } from '../event/index.ts';
import { documentPieces } from './pieces.ts';

/** A document in pieces, and its `@timestamp`. */
export interface Shaped {
  timestamp: string;
  pieces: (string | Buffer)[];
}

export interface Limits {
  entryBytesMax: number;
  /** The line's own mac, made only where something is cut. */
  mac: () => string;
}

/**
 * The document of an audit event. `audit` is the raw line, or what policy left of it, in pieces. Above `entryBytesMax` the
 * long form of docs/seal-format.md §4: without bodies, or, if that is still too long, without the event.
 */
export function shapeEvent(
  event: AuditEvent,
  line: Buffer,
  audit: readonly Buffer[],
  context: DocumentContext,
  place: Place,
  limits: Limits,
): Shaped {
  const whole = shapeWhole(event, audit, context, place);
  if (fits(whole, limits.entryBytesMax)) return whole;
  const cut = { bytes: line.length, mac: limits.mac() };
  const withoutBodies = cutMembers(line, bodyMembers);
  return shapeCut(
    event,
    withoutBodies,
    context,
    { ...place, cut: { ...cut, fields: [...bodyMembers] } },
    limits,
  );
}

/** The same for a line of which only the event without its bodies could be held. */
export function shapeCut(
  event: AuditEvent,
  audit: readonly Buffer[],
  context: DocumentContext,
  place: Place & { cut: Cut },
  limits: Pick<Limits, 'entryBytesMax'>,
): Shaped {
  const withoutBodies = shapeWhole(event, audit, context, place);
  if (fits(withoutBodies, limits.entryBytesMax)) return withoutBodies;
  const head = eventHead(event, context, { ...place, cut: { ...place.cut, fields: ['kubernetes'] } });
  return { timestamp: withoutBodies.timestamp, pieces: [head, '}'] };
}

function shapeWhole(
  event: AuditEvent,
  audit: readonly Buffer[],
  context: DocumentContext,
  place: Place,
): Shaped {
  return {
    timestamp: timestampOf(event, place.readAt),
    pieces: documentPieces(eventHead(event, context, place), audit),
  };
}

/** A UTF-16 unit is at most 3 bytes of UTF-8, so nearly every document is told without measuring its text. */
function fits({ pieces }: Shaped, bytesMax: number): boolean {
  const bytes = (perUnit: (text: string) => number) =>
    pieces.reduce((sum, piece) => sum + (typeof piece === 'string' ? perUnit(piece) : piece.length), 0);
  return bytes((text) => 3 * text.length) <= bytesMax || bytes((text) => Buffer.byteLength(text)) <= bytesMax;
}
