import { commonMembers, eventMembers, logMember, sealMember } from './common.ts';
import type { DocumentContext, LongLine, Place } from './context.ts';
import { print } from './print.ts';
import type { Shaped } from './shape.ts';
import { isoText } from './timestamp.ts';

export interface TextLimits {
  /** Above this many bytes only the first and last half of it are in the document, each as an item of an array. */
  textBytesMax: number;
  /** The mac of the whole line (see `Cut`), made only where something is cut. */
  mac: () => string;
}

/**
 * The whole document of a line that is not an audit event, or not strict UTF-8 (seal-format.md §4): readable in
 * `event.original`, its exact bytes in `auditseal.original_base64`. Control characters take six bytes each in the
 * former, so the document can be seven times as long as the line.
 */
export function textDocument(
  line: Buffer | LongLine,
  context: DocumentContext,
  place: Place,
  limits: TextLimits,
): Shaped {
  if (Buffer.isBuffer(line) && line.length <= limits.textBytesMax) {
    return shaped(line.toString('utf8'), line.toString('base64'), context, place);
  }
  const half = Math.floor(limits.textBytesMax / 2);
  const { head, tail, bytes } = Buffer.isBuffer(line) ? { head: line, tail: line, bytes: line.length } : line;
  const parts = [head.subarray(0, half), tail.subarray(Math.max(0, tail.length - half))];
  const cut = { bytes, mac: Buffer.isBuffer(line) ? limits.mac() : line.mac, fields: ['original'] };
  return shaped(
    parts.map((part) => part.toString('utf8')),
    parts.map((part) => part.toString('base64')),
    context,
    { ...place, cut },
  );
}

function shaped(
  original: string | string[],
  base64: string | string[],
  context: DocumentContext,
  place: Place,
): Shaped {
  const timestamp = isoText(place.readAt);
  const start = `{"@timestamp":"${timestamp}","event":{"kind":"pipeline_error","original":`;
  const event = `,${eventMembers(context, place)}},${commonMembers(context)}${logMember(place)}`;
  const seal = sealMember(context, place, { original_base64: base64 });
  return { timestamp, pieces: [start, print(original), `${event}${seal}}`] };
}
