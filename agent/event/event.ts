import { isUtf8 } from 'node:buffer';
import { WantedMembers } from '../json/index.ts';

/**
 * An audit event (`audit.k8s.io/v1` Event), read as far as deciding on it and shaping it need it. Not its bodies: they are
 * most of its bytes, and parsed they take up to thirty times as much memory, for what a client chose. Every field is
 * `unknown` and narrowed where it is used: whoever can write to the audit log, or to a request body, chooses types as well as values.
 * Field list: k8s.io/apiserver/pkg/apis/audit/v1/types.go.
 */
export interface AuditEvent {
  readonly kind: 'Event';
  readonly apiVersion: string;
  readonly level?: unknown;
  readonly auditID?: unknown;
  readonly stage?: unknown;
  readonly requestURI?: unknown;
  readonly verb?: unknown;
  readonly user?: unknown;
  readonly impersonatedUser?: unknown;
  readonly authenticationMetadata?: unknown;
  readonly sourceIPs?: unknown;
  readonly userAgent?: unknown;
  readonly objectRef?: unknown;
  readonly responseStatus?: unknown;
  readonly requestReceivedTimestamp?: unknown;
  readonly stageTimestamp?: unknown;
  /** Of v1alpha1 and v1beta1, which have no others in old versions. */
  readonly timestamp?: unknown;
  readonly annotations?: unknown;
  /** Levels of objects and arrays in the whole line. */
  readonly depth: number;
}

/** A JSON object whose members nobody has checked. */
export type Fields = Readonly<Record<string, unknown>>;

const apiGroupPrefix = 'audit.k8s.io/';

const members = new WantedMembers();
const kind = members.member('kind');
const apiVersion = members.member('apiVersion');
const level = members.member('level');
const auditID = members.member('auditID', { isUnique: true });
const stage = members.member('stage');
const requestURI = members.member('requestURI', { isUnique: true });
const verb = members.member('verb');
const user = members.member('user');
const impersonatedUser = members.member('impersonatedUser');
const authenticationMetadata = members.member('authenticationMetadata');
const sourceIPs = members.member('sourceIPs');
const userAgent = members.member('userAgent');
const objectRef = members.member('objectRef');
const responseStatus = members.member('responseStatus');
const requestReceivedTimestamp = members.member('requestReceivedTimestamp', { isUnique: true });
const stageTimestamp = members.member('stageTimestamp', { isUnique: true });
const timestamp = members.member('timestamp', { isUnique: true });
const annotations = members.member('annotations');

/**
 * Reads one line of audit.log, without its newline. What is an object or array in it (a user, annotations) is shared
 * between events that have the same text there: it must not be changed, and may serve to remember what follows from it.
 *
 * @returns the event, or undefined if the line is not strict UTF-8, not one whole JSON text, or not an
 * `audit.k8s.io` Event. It never throws.
 */
export function parseEvent(line: Buffer): AuditEvent | undefined {
  // A lossy decoder would see U+FFFD where the bytes are invalid, and Elasticsearch refuses such bytes.
  if (!isUtf8(line) || !members.read(line) || kind.value !== 'Event') return undefined;
  const version = apiVersion.value;
  return isAudit(version) ? readAs(version) : undefined;
}

/**
 * Reads an event that does not say that it is one: an item of an EventList, as the apiserver's webhook sends it and others write it to a
 * file. It has the three members that every event of an apiserver has, and says nothing else of its kind.
 *
 * @returns undefined where {@link parseEvent} reads it, or where it is none. It never throws.
 */
export function parseKindless(line: Buffer): AuditEvent | undefined {
  if (!isUtf8(line) || !members.read(line)) return undefined;
  if (kind.value !== undefined && apiVersion.value !== undefined) return undefined;
  if (kind.value !== undefined && kind.value !== 'Event') return undefined;
  const version = apiVersion.value === undefined ? assumedVersion : apiVersion.value;
  const isWhole = [auditID, stage, requestURI].every(({ value }) => typeof value === 'string');
  return isWhole && isAudit(version) ? readAs(version) : undefined;
}

const assumedVersion = `${apiGroupPrefix}v1`;

function isAudit(version: unknown): version is string {
  return typeof version === 'string' && version.startsWith(apiGroupPrefix);
}

/** Of the line that was read last. */
function readAs(version: string): AuditEvent {
  return {
    kind: 'Event',
    apiVersion: version,
    level: level.value,
    auditID: auditID.value,
    stage: stage.value,
    requestURI: requestURI.value,
    verb: verb.value,
    user: user.value,
    impersonatedUser: impersonatedUser.value,
    authenticationMetadata: authenticationMetadata.value,
    sourceIPs: sourceIPs.value,
    userAgent: userAgent.value,
    objectRef: objectRef.value,
    responseStatus: responseStatus.value,
    requestReceivedTimestamp: requestReceivedTimestamp.value,
    stageTimestamp: stageTimestamp.value,
    timestamp: timestamp.value,
    annotations: annotations.value,
    depth: members.depth,
  };
}

/** True for a JSON object (not null, not an array). */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
