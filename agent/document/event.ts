import { isUtf8 } from 'node:buffer';
import { cutMembers, JsonError, parseJson } from '../json/index.ts';
import { bodyMembers } from './long-line.ts';

/**
 * An audit event (`audit.k8s.io/v1` Event), parsed. Every field is `unknown` and narrowed where
 * it is used: whoever can write to the audit log, or to a request body, chooses types as well as values.
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
  /** Left out, as is the responseObject, of an event of more than 256 KiB. */
  readonly requestObject?: unknown;
  readonly responseObject?: unknown;
  readonly requestReceivedTimestamp?: unknown;
  readonly stageTimestamp?: unknown;
  readonly annotations?: unknown;
}

/** A JSON object whose members nobody has checked. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Parsed, a body takes up to thirty times its bytes of memory (`[{},{},{},…`), and a client chooses it: those of a longer
 * line are not parsed. What the API server itself writes beside them is bounded by the length of a request's headers.
 */
const parsedBytesMax = 256 * 1024;

const apiGroupPrefix = 'audit.k8s.io/';

/**
 * Reads one line of audit.log, without its newline.
 *
 * @returns the event, or undefined if the line is not strict UTF-8, not one whole JSON text, or not an
 * `audit.k8s.io` Event. It never throws.
 */
export function parseEvent(line: Buffer): AuditEvent | undefined {
  // The parser alone would see U+FFFD where the bytes are invalid, and Elasticsearch refuses such bytes.
  if (!isUtf8(line)) return undefined;
  const value = line.length > parsedBytesMax ? parseWithoutBodies(line) : parseJson(line);
  if (!isFields(value) || value['kind'] !== 'Event') return undefined;
  const apiVersion = value['apiVersion'];
  if (typeof apiVersion !== 'string' || !apiVersion.startsWith(apiGroupPrefix)) return undefined;
  return value as unknown as AuditEvent;
}

function parseWithoutBodies(line: Buffer): unknown {
  try {
    const pieces = cutMembers(line, bodyMembers);
    return parseJson(pieces.length === 1 ? line : Buffer.concat(pieces));
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

/** True for a JSON object (not null, not an array). */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
