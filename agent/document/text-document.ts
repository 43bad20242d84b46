import { commonMembers, eventMembers, logMember, sealMember } from './common.ts';
import type { DocumentContext, LongLine, Place } from './context.ts';
import { quote } from './quote.ts';
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
  const half = Math.floor(limits.textBytesMax / 2);
  const timestamp = isoText(place.readAt);
  if (Buffer.isBuffer(line) && line.length <= limits.textBytesMax) {
    const base64 = `,"original_base64":"${line.toString('base64')}"`;
    return { timestamp, pieces: pieces(context, place, quote(line.toString('utf8')), base64) };
  }
  const { head, tail, bytes } = Buffer.isBuffer(line) ? { head: line, tail: line, bytes: line.length } : line;
  const parts = [head.subarray(0, half), tail.subarray(Math.max(0, tail.length - half))];
  const cut = { bytes, mac: Buffer.isBuffer(line) ? limits.mac() : line.mac, fields: ['original'] };
  const texts = parts.map((part) => quote(part.toString('utf8'))).join(',');
  const base64 = parts.map((part) => `"${part.toString('base64')}"`).join(',');
  return {
    timestamp,
    pieces: pieces(context, { ...place, cut }, `[${texts}]`, `,"original_base64":[${base64}]`),
  };
}

function pieces(context: DocumentContext, place: Place, original: string, base64: string): string[] {
  return [
    `{"@timestamp":"${isoText(place.readAt)}","event":{"kind":"pipeline_error","original":`,
    original,
    ',',
    eventMembers(context, place),
    commonMembers(context),
    logMember(place),
    sealMember(context, place, base64),
    '}',
  ];
}
