import { cutMembers } from '../json/index.ts';
import type { DocumentContext, Place } from './context.ts';
import { eventHead, timestampOf } from './head.ts';
import { bodyMembers } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';
import { documentPieces } from './pieces.ts';

/** A document in pieces, and its `@timestamp`. */
export interface Shaped {
  timestamp: string;
  pieces: (string | Buffer)[];
}

export interface Limits {
  /** The most bytes of a document. */
  entryBytesMax: number;
  /** Length of the whole line in bytes, without its newline. */
  lineBytes: number;
  /** HMAC of the whole line, made only where something is cut. */
  mac: () => string;
}

/**
 * The document of an audit event. `left` is what policy and redaction left of its bytes, in pieces: the raw line is not
 * given, so that nothing that was cut can come back. Above `entryBytesMax` the long form of docs/seal-format.md §4: without
 * bodies, or, if that is still too long, without the event. A line that could not be held whole has no bodies any more, as
 * its place says.
 */
export function shapeEvent(
  event: AuditEvent,
  left: readonly Buffer[],
  context: DocumentContext,
  place: Place,
  limits: Limits,
): Shaped {
  const { entryBytesMax, lineBytes, mac } = limits;
  const whole = shapeWhole(event, left, context, place);
  if (fits(whole, entryBytesMax)) return whole;
  const line = place.cut ?? { bytes: lineBytes, mac: mac() };
  const cut = (fields: readonly string[]) => ({ ...place, cut: { ...line, fields } });
  const withoutBodies = cutMembers(joined(left), bodyMembers);
  const shorter = shapeWhole(event, withoutBodies, context, cut([...bodyMembers]));
  if (fits(shorter, entryBytesMax)) return shorter;
  return { timestamp: whole.timestamp, pieces: [eventHead(event, context, cut(['kubernetes'])), '}'] };
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
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
