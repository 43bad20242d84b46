import { derived, shapeEvent, textDocument } from '../document/index.ts';
import type { DocumentContext, LongLine, Place, Shaped } from '../document/index.ts';
import { bodiesIn } from '../cel/index.ts';
import { stampOf } from '../detect/index.ts';
import type { Detector, Rule } from '../detect/index.ts';
import {
  bodyMembers,
  cutManagedFields,
  depthMax,
  isFields,
  isTooDeep,
  parseEvent,
  parseKindless,
  responseMember,
} from '../event/index.ts';
import type { AuditEvent, Fields, WithoutManagedFields } from '../event/index.ts';
import { defaultPlaces, knownOf } from '../identity/index.ts';
import type { Known, People } from '../identity/index.ts';
import { cutMembers, keyOf, members } from '../json/index.ts';
import { decide } from '../policy/index.ts';
import type { Bodies, Decision, Policy } from '../policy/index.ts';
import type { Pseudonymizer } from '../pseudonym/index.ts';
import type { Redacted, Redactor } from '../redact/index.ts';
import type { RefusedForm } from '../seal/index.ts';
import { bodyConflict, conflictMessages, extraConflict } from '../streams/index.ts';

/** What every line of a source is treated by. */
export interface Treatment {
  readonly policy: Policy;
  /** Asks the rules of detection; undefined where it is switched off. */
  readonly detector: Detector | undefined;
  readonly context: DocumentContext;
  /** Takes secrets out; undefined where that is switched off. */
  readonly redactor: Redactor | undefined;
  /** Puts pseudonyms in the place of persons; undefined where that is not wanted. */
  readonly pseudonymizer: Pseudonymizer | undefined;
  /**
   * Those whom directories know; undefined without a directory. Whoever remembers documents, or what was made of them, has to forget it when
   * their `generation` is another.
   */
  readonly people: People | undefined;
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
  /** Why it is none; of what is in it nothing is repeated. */
  readonly why: string;
  readonly mac: () => string;
}

export interface DroppedEvent {
  readonly kind: 'dropped';
  readonly rule: string;
}

export interface KeptEvent {
  readonly kind: 'kept';
  readonly rule: string;
  /** Policy cut something out of it. */
  readonly isReduced: boolean;
  /** Managed fields were cut out of it. */
  readonly isWithoutManagedFields: boolean;
  /** Elasticsearch is known to refuse it: the refused form that it sees instead, and why. */
  readonly refusal: KnownRefusal | undefined;
  /** How many values were redacted, by rule. */
  readonly redacted: Counts;
  /** The rules of detection that found it. */
  readonly fired: readonly Rule[];
  readonly document: Shaped;
}

/** What became of an event. */
export type Treated = DroppedEvent | KeptEvent;

/** What Elasticsearch would say, or what would become of it. */
export interface KnownRefusal {
  readonly form: RefusedForm;
  readonly type: string;
  readonly message: string;
}

export type Counts = ReadonlyMap<string, number>;

/** Where an event lies; which rule keeps it is found here. */
export type EventPlace = Omit<Place, 'rule' | 'detected' | 'known'>;

/**
 * An event becomes a document: one step a line, each on what the step before it left. It reads no clock, no file and no
 * network, so the same lines in the same places always give the same bytes: all that is remembered from line to line are the windows of
 * detection, which are stored with each batch. The order of steps is detect, decide, enrich, redact, shape: detection sees what policy
 * drops, and nothing is added behind redaction.
 */
export function treatEvent(line: EventLine, place: EventPlace, by: Treatment): Treated {
  const prepared = prepareEvent(line, place, by);
  return prepared.kind === 'dropped' ? prepared : shapePrepared(prepared, line, by);
}

/** An event as all steps but the last leave it: nothing of it depends on where its document goes. */
export interface PreparedEvent extends Omit<KeptEvent, 'kind' | 'refusal' | 'document'> {
  readonly kind: 'prepared';
  readonly place: EventPlace;
  /** What directories say of its users, without what pseudonyms hide. */
  readonly known: Known | undefined;
  readonly event: AuditEvent;
  readonly left: readonly Buffer[];
}

/** Decides on an event, and takes out of it what policy and redaction do. */
export function prepareEvent(
  line: EventLine,
  place: EventPlace,
  by: Treatment,
): PreparedEvent | DroppedEvent {
  const fired = by.detector?.detect(line.event, line.bytes, place.readAt) ?? noRules;
  const decision = keptIfFound(fired, decide(line.event, by.policy, bodiesOf(line, place)));
  if (decision.action === 'drop') return { kind: 'dropped', rule: decision.rule };
  const left = leftBy(decision.action, line.bytes);
  const slim = withoutManagedFields(left, line.event, decision);
  const safe = redact(line.event, slim.pieces, decision, by);
  return {
    kind: 'prepared',
    rule: decision.rule,
    place: markManagedFields(place, slim, line),
    isReduced: lengthOf(left) < line.bytes.length,
    isWithoutManagedFields: slim.bodies.length > 0,
    redacted: safe.counts,
    fired,
    known: enriched(line.event, by),
    event: safe.event,
    left: safe.left,
  };
}

/** The document of what was prepared. Of the line only its length and its mac are asked. */
export function shapePrepared(
  prepared: PreparedEvent,
  { bytes, mac }: { readonly bytes: { readonly length: number }; readonly mac: () => string },
  by: Treatment,
): KeptEvent {
  const { event, left, rule, isReduced, isWithoutManagedFields, redacted, fired, known } = prepared;
  const place = known === undefined ? prepared.place : { ...prepared.place, known };
  const limits = { entryBytesMax: by.entryBytesMax, lineBytes: bytes.length, mac };
  const document = shapeEvent(event, left, by.context, placeOf(place, rule, redacted, fired), limits);
  return {
    kind: 'kept',
    rule,
    isReduced,
    isWithoutManagedFields,
    // What was too long has lost its bodies already.
    refusal:
      lengthOf(document.pieces) > lengthOf(left) ? refusalOf({ event, left, counts: redacted }) : undefined,
    redacted,
    fired,
    document,
  };
}

/** A line that is no audit event becomes a document that shows it as text. */
export function treatText(
  { bytes, mac, why }: TextLine,
  place: EventPlace,
  by: Treatment,
): { document: Shaped; redacted: Counts } {
  // As base64 beside the text, with six bytes for a control character, the document is up to seven times as long.
  const limits = { textBytesMax: Math.floor(by.entryBytesMax / 4), mac, why };
  const safe = redactText(bytes, by);
  if (safe.counts.size === 0)
    return { document: textDocument(bytes, by.context, place, limits), redacted: nothing };
  const whole = Buffer.isBuffer(bytes) ? { bytes: bytes.length, mac: mac() } : bytes;
  const cut = place.cut ?? { bytes: whole.bytes, mac: whole.mac, fields: ['original'] };
  const shown = { ...place, cut, redacted: [...safe.counts.keys()].toSorted() };
  return { document: textDocument(safe.text, by.context, shown, limits), redacted: safe.counts };
}

/**
 * What directories say of an event's users, by the names in its own bytes; undefined without a directory, and where none of them is a
 * person. A function of what `knownReads` names and of the generation of people.
 */
export function enriched(
  event: AuditEvent,
  { people, context, pseudonymizer }: Treatment,
): Known | undefined {
  if (people === undefined) return undefined;
  const known = knownOf(event, context.personPlaces ?? defaultPlaces, people);
  return known && pseudonymizer ? pseudonymizer.known(known) : known;
}

const nothing: Counts = new Map();
const noRules: readonly Rule[] = [];

/** An event that detection found is evidence, whatever policy says of it; what of it policy did not want to see stays out of it. */
function keptIfFound(fired: readonly Rule[], decision: Decision): Decision {
  return fired.length > 0 && decision.action === 'drop' ? keptByDetection : decision;
}

const keptByDetection: Decision = { action: 'metadata', rule: 'detection', omitManagedFields: false };

/** What policy leaves of an event's bytes, in pieces. */
function leftBy(action: Exclude<Decision['action'], 'drop'>, bytes: Buffer): Buffer[] {
  if (action === 'keep') return [bytes];
  return cutMembers(bytes, action === 'metadata' ? bodyMembers : responseMember);
}

/** Of a line that could not be held whole the bodies are gone, which is not to say that it had none. */
function bodiesOf({ bytes }: EventLine, { cut }: EventPlace): Bodies {
  const inLine = bodiesIn(bytes);
  if (cut === undefined) return inLine;
  return (member) => {
    if (cut.fields.includes(member)) throw new TypeError('it was too long to be held');
    return inLine(member);
  };
}

function withoutManagedFields(
  left: Buffer[],
  event: AuditEvent,
  { action, omitManagedFields }: Decision,
): WithoutManagedFields {
  const whole = { pieces: left, bodies: [] };
  if (!omitManagedFields || action === 'metadata') return whole;
  return cutManagedFields(joined(left), event) ?? whole;
}

/** The event says itself what is not there of its bodies. */
function markManagedFields(
  place: EventPlace,
  { bodies }: WithoutManagedFields,
  { bytes, mac }: EventLine,
): EventPlace {
  if (bodies.length === 0) return place;
  const { cut = { bytes: bytes.length, mac: mac(), fields: [] } } = place;
  const fields = [...cut.fields, ...bodies.map((body) => `${body}:managedFields`)];
  return { ...place, cut: { ...cut, fields } };
}

interface Safe {
  event: AuditEvent;
  left: readonly Buffer[];
  counts: Counts;
}

/** The event, and what is left of its bytes, without secrets, and with pseudonyms for persons. */
function redact(event: AuditEvent, left: Buffer[], { action }: Decision, by: Treatment): Safe {
  const { redactor, pseudonymizer } = by;
  if (redactor === undefined && pseudonymizer === undefined) return { event, left, counts: nothing };
  const bytes = joined(left);
  const redacted = redactor?.event(bytes, event, action === 'metadata');
  const hidden = pseudonymizer?.event(redacted?.bytes ?? bytes, event);
  const last = hidden ?? redacted;
  if (last === undefined) return { event, left, counts: nothing };
  // The head is made from the event: it must not hold what its bytes do not.
  const again = parseEvent(last.bytes) ?? parseKindless(last.bytes);
  if (again === undefined) throw new Error('an event without its secrets is no event: report this');
  return { event: again, left: [last.bytes], counts: sumOf([redacted, hidden]) };
}

/**
 * Why Elasticsearch is not shown the document as it is. Without the bodies, which are what a client can shape; without the event,
 * if something else of it is too deep, or is what no field can hold.
 */
function refusalOf({ event, left }: Safe): KnownRefusal | undefined {
  if (isTooDeep(event, left)) {
    const rest = cutMembers(Buffer.concat([...left]), bodyMembers);
    return { form: isTooDeep(event, rest) ? 'event' : 'bodies', ...tooDeep };
  }
  if (isExtraRefused(event.user) || isExtraRefused(event.impersonatedUser)) return extraRefused;
  const isOfOwnType = isOfBuiltInType(event);
  if (isOfOwnType && !mayHaveOddLabels(event, left)) return undefined;
  const bytes = joined(left);
  for (const member of members(bytes)) {
    const name = keyOf(bytes, member);
    if (!bodyMembers.has(name)) continue;
    const body = bytes.subarray(member.valueStart, member.valueEnd);
    if (isOfOwnType && (name !== requestMember || !hasOddLabels(body))) continue;
    const type = bodyConflict(name, body);
    if (type !== undefined) return { form: 'bodies', type, message: conflictMessages[type] };
  }
  return undefined;
}

const tooDeep = {
  type: 'too_deep',
  message: `nested deeper than ${depthMax} levels: not shown to Elasticsearch, whose stack it could overflow`,
};

const extraRefused: KnownRefusal = {
  form: 'event',
  type: 'field_name',
  message:
    'extra of a user has a member whose name cannot be the name of a field, or a value that is no list of texts',
};

/** Asked once for each user of whom something is remembered. */
const isOddUser = derived((user: Fields): boolean => extraConflict(user['extra']) !== undefined);

function isExtraRefused(user: unknown): boolean {
  return isFields(user) && isOddUser(user);
}

const requestMember = 'requestObject';
/** What is no longer has no label with a name that is too long for the index. */
const plainBytesMax = 8000;

/** Labels are the one thing that a client can name as he likes in a type of the apiserver's own: it logs a request before it refuses it. */
function mayHaveOddLabels({ verb }: AuditEvent, left: readonly Buffer[]): boolean {
  if (verb !== 'create' && verb !== 'update') return false;
  return lengthOf(left) > plainBytesMax || left.some(hasNul);
}

function hasOddLabels(body: Buffer): boolean {
  return body.length > plainBytesMax || hasNul(body);
}

function hasNul(bytes: Buffer): boolean {
  return bytes.includes(String.raw`\u0000`);
}

/**
 * Whether the apiserver printed the bodies from types of its own, which fit the mapping (or there are none): nothing of them need be
 * looked at. A patch is logged as its client wrote it, and what custom resources look like their owner says. What is missed here
 * Elasticsearch refuses.
 */
function isOfBuiltInType({ verb, objectRef }: AuditEvent): boolean {
  if (verb === 'patch') return false;
  if (!isFields(objectRef)) return true;
  const { apiGroup = '' } = objectRef;
  return typeof apiGroup === 'string' && (!apiGroup.includes('.') || apiGroup.endsWith('.k8s.io'));
}

function redactText(bytes: Buffer | LongLine, by: Treatment): { text: Buffer | LongLine; counts: Counts } {
  const { redactor, pseudonymizer } = by;
  if (redactor === undefined && pseudonymizer === undefined) return { text: bytes, counts: nothing };
  if (Buffer.isBuffer(bytes)) {
    const { safe, counts } = textWithout(bytes, by, false);
    return { text: safe, counts };
  }
  const head = textWithout(bytes.head, by, true);
  // Of the tail nobody knows what it is the end of: it may be the middle of a Secret.
  const tail = (redactor ?? pseudonymizer)?.whole(bytes.tail);
  const text = { ...bytes, head: head.safe, tail: tail?.bytes ?? bytes.tail };
  return { text, counts: sumOf([head, tail]) };
}

function textWithout(
  bytes: Buffer,
  { redactor, pseudonymizer }: Treatment,
  isPart: boolean,
): { safe: Buffer; counts: Counts } {
  const redacted = redactor?.text(bytes);
  const hidden = pseudonymizer?.text(redacted?.bytes ?? bytes, isPart);
  return { safe: hidden?.bytes ?? redacted?.bytes ?? bytes, counts: sumOf([redacted, hidden]) };
}

function sumOf(parts: readonly (Pick<Redacted, 'counts'> | undefined)[]): Counts {
  const counts = new Map<string, number>();
  for (const part of parts)
    for (const [rule, count] of part?.counts ?? []) counts.set(rule, (counts.get(rule) ?? 0) + count);
  return counts;
}

function placeOf(
  place: Omit<Place, 'rule' | 'detected'>,
  rule: string,
  counts: Counts,
  fired: readonly Rule[],
): Place {
  if (counts.size === 0 && fired.length === 0) return { ...place, rule };
  const redacted = counts.size === 0 ? undefined : [...counts.keys()].toSorted();
  return {
    ...place,
    rule,
    ...(redacted && { redacted }),
    ...(fired.length > 0 && { detected: stampOf(fired) }),
  };
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat([...pieces]);
}

/** In bytes; of a text in UTF-16 units, which are no more. */
function lengthOf(pieces: readonly (string | Buffer)[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
