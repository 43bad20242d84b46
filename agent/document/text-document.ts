import { commonMembers, eventMembers, logMember, sealMember } from './common.ts';
import type { DocumentContext, LongLine, Place } from './context.ts';
import { print, printMembers } from './print.ts';
import type { Shaped } from './shape.ts';
import { isoText } from './timestamp.ts';

export interface TextLimits {
  /** Above this many bytes only the first and last half of it are in the document, each as an item of an array. */
  textBytesMax: number;
  /** The mac of the whole line (see `Cut`), made only where something is cut. */
  mac: () => string;
  /** Why the line is no audit event, for `error.message`. */
  why: string;
}

/**
 * The whole document of a line that is not an audit event, or not strict UTF-8 (seal-format.md §4): readable in
 * `event.original`, and its exact bytes in `auditseal.original_base64` unless something was redacted. Control characters take
 * six bytes each in the former, so the document can be seven times as long as the line.
 */
export function textDocument(
  line: Buffer | LongLine,
  context: DocumentContext,
  place: Place,
  limits: TextLimits,
): Shaped {
  const { textBytesMax, mac, why } = limits;
  if (Buffer.isBuffer(line) && line.length <= textBytesMax) return shaped(line, { context, place, why });
  const half = Math.floor(textBytesMax / 2);
  const { head, tail, bytes } = Buffer.isBuffer(line) ? { head: line, tail: line, bytes: line.length } : line;
  const parts = [head.subarray(0, half), tail.subarray(Math.max(0, tail.length - half))];
  const lineMac = Buffer.isBuffer(line) ? mac : () => line.mac;
  const cut = place.cut ?? { bytes, mac: lineMac(), fields: ['original'] };
  return shaped(parts, { context, place: { ...place, cut }, why });
}

interface Parts {
  context: DocumentContext;
  place: Place;
  why: string;
}

/** The reason has the name with a dot: the refused form adds a member `error`, and no name may be there twice. */
function shaped(original: Buffer | Buffer[], { context, place, why }: Parts): Shaped {
  const timestamp = isoText(place.readAt);
  const start = `{"@timestamp":"${timestamp}","event":{"kind":"pipeline_error","original":`;
  const event = `,${eventMembers(context, place)}},${commonMembers(context)}${logMember(place)}"error.message":${print(why)},`;
  const base64 = place.redacted ? '' : printMembers({ original_base64: textOf(original, 'base64') });
  return {
    timestamp,
    pieces: [start, print(textOf(original, 'utf8')), `${event}${sealMember(context, place, base64)}}`],
  };
}

function textOf(original: Buffer | Buffer[], encoding: 'utf8' | 'base64'): string | string[] {
  return Buffer.isBuffer(original)
    ? original.toString(encoding)
    : original.map((part) => part.toString(encoding));
}
