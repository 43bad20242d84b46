import { shapeEvent, textDocument } from '../document/index.ts';
import type { DocumentContext, LongLine, Place, Shaped } from '../document/index.ts';
import { bodyMembers, isTooDeep, responseMember } from '../event/index.ts';
import type { AuditEvent } from '../event/index.ts';
import { cutMembers } from '../json/index.ts';
import { decide } from '../policy/index.ts';
import type { Decision, Policy } from '../policy/index.ts';

/** What every line of a source is treated by. */
export interface Treatment {
  readonly policy: Policy;
  readonly context: DocumentContext;
  /** The most bytes of a document. */
  readonly entryBytesMax: number;
}

/** A line, or the piece of one, that is an audit event. */
export interface EventLine {
  readonly event: AuditEvent;
  /** What `event` was parsed from: the line, or what could be held of it, as its place then says. */
  readonly bytes: Buffer;
  /** HMAC of the whole line (docs/seal-format.md §4), asked for only where something is cut. */
  readonly mac: () => string;
}

/** A line, or the piece of one, that is no audit event. */
export interface TextLine {
  readonly bytes: Buffer | LongLine;
  readonly mac: () => string;
}

/** What became of an event. */
export type Treated =
  | { readonly kind: 'dropped'; readonly rule: string }
  | {
      readonly kind: 'kept';
      readonly rule: string;
      /** Policy cut something out of it. */
      readonly isReduced: boolean;
      /** Elasticsearch must see it in the refused form alone. */
      readonly isTooDeep: boolean;
      readonly document: Shaped;
    };

/** Where an event lies; which rule keeps it is found here. */
export type EventPlace = Omit<Place, 'rule'>;

/**
 * An event becomes a document: one step a line, each on what the step before it left. It reads no clock, no file and no
 * network, so the same line in the same place always gives the same bytes. The order of steps is enrich, detect, decide,
 * redact, shape: detection sees what policy drops, and nothing is added behind redaction.
 */
export function treatEvent(line: EventLine, place: EventPlace, by: Treatment): Treated {
  const decision = decide(line.event, by.policy);
  if (decision.action === 'drop') return { kind: 'dropped', rule: decision.rule };
  const left = leftBy(decision.action, line.bytes);
  const document = shapeEvent(line.event, left, by.context, placeOf(place, decision), limitsOf(line, by));
  return {
    kind: 'kept',
    rule: decision.rule,
    isReduced: lengthOf(left) < line.bytes.length,
    isTooDeep: isTooDeep(line.event, left),
    document,
  };
}

/** A line that is no audit event becomes a document that shows it as text. */
export function treatText({ bytes, mac }: TextLine, place: EventPlace, by: Treatment): Shaped {
  // As base64 beside the text, with six bytes for a control character, the document is up to seven times as long.
  return textDocument(bytes, by.context, place, { textBytesMax: Math.floor(by.entryBytesMax / 4), mac });
}

/** What policy leaves of an event's bytes, in pieces. */
function leftBy(action: Exclude<Decision['action'], 'drop'>, bytes: Buffer): Buffer[] {
  if (action === 'keep') return [bytes];
  return cutMembers(bytes, action === 'metadata' ? bodyMembers : responseMember);
}

function placeOf(place: EventPlace, { rule }: Decision): Place {
  return { ...place, rule };
}

function limitsOf({ bytes, mac }: EventLine, { entryBytesMax }: Treatment) {
  return { entryBytesMax, lineBytes: bytes.length, mac };
}

function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
