import { isUtf8 } from 'node:buffer';
import { keyOf, members } from '../json/index.ts';
import { parseEvent } from './event.ts';
import type { AuditEvent } from './event.ts';
import { bodyMembers } from './long-line.ts';

/** An event whose bodies held bytes that are no UTF-8. */
export interface RepairedEvent {
  readonly event: AuditEvent;
  /** The line, with U+FFFD in the place of each ill-formed sequence. */
  readonly bytes: Buffer;
  /** What was repaired, as `auditseal.cut.fields` names it: `requestObject:utf8`. */
  readonly fields: readonly string[];
}

/**
 * Reads an event of which only bodies are not strict UTF-8 (docs/seal-format.md §4, "Body not UTF-8"). The apiserver writes
 * the body of a patch as the client sent it: one byte 0xff in it must not hide who asked for what.
 *
 * @returns undefined if the line is UTF-8 already, or is no event for another reason. It never throws.
 */
export function repairEvent(line: Buffer): RepairedEvent | undefined {
  if (isUtf8(line)) return undefined;
  const pieces: Buffer[] = [];
  const fields = new Set<string>();
  let from = 0;
  for (const member of membersOf(line)) {
    const { valueStart, valueEnd } = member;
    const key = keyOf(line, member);
    if (!bodyMembers.has(key) || isUtf8(line.subarray(valueStart, valueEnd))) continue;
    // Node replaces maximal subparts, as the Encoding Standard and the Unicode Standard (§3.9) have it.
    pieces.push(line.subarray(from, valueStart), Buffer.from(line.toString('utf8', valueStart, valueEnd)));
    fields.add(`${key}:utf8`);
    from = valueEnd;
  }
  const bytes = Buffer.concat([...pieces, line.subarray(from)]);
  const event = parseEvent(bytes);
  return event && { event, bytes, fields: [...fields] };
}

function membersOf(line: Buffer) {
  try {
    return members(line);
  } catch {
    return [];
  }
}
