import { keyOf, members, rangesOf, scanArray, without } from '../json/index.ts';
import type { Range } from '../json/index.ts';
import type { AuditEvent } from './event.ts';
import { bodyMembers } from './long-line.ts';

const key = Buffer.from('"managedFields"');
const managedFields: ReadonlySet<string> = new Set(['managedFields']);
const openBrace = 0x7b;

/** An event's bytes without managed fields, as pieces of themselves, and the bodies that had some. */
export interface WithoutManagedFields {
  readonly pieces: Buffer[];
  /** `requestObject`, `responseObject`. */
  readonly bodies: readonly string[];
}

/**
 * Takes `metadata.managedFields` out of an event's bodies, of lists out of each item and of tables out of each row's object, as
 * the apiserver's `omitManagedFields` does (k8s.io/apiserver/pkg/audit/request.go, copyWithoutManagedFields). A patch is
 * the client's own text, and stays as it is there and here. All other bytes stay.
 *
 * @param of what the event says of itself: before a request is decoded it has no bodies
 * @returns undefined where there are none
 */
export function cutManagedFields(
  event: Buffer,
  { verb, stage }: Pick<AuditEvent, 'verb' | 'stage'>,
): WithoutManagedFields | undefined {
  if (stage === 'RequestReceived' || !event.includes(key)) return undefined;
  const ranges: Range[] = [];
  const bodies = new Set<string>();
  for (const member of members(event)) {
    const name = keyOf(event, member);
    if (!bodyMembers.has(name) || (name === 'requestObject' && verb === 'patch')) continue;
    const before = ranges.length;
    addOfBody(event, { start: member.valueStart, end: member.valueEnd }, ranges);
    if (ranges.length > before) bodies.add(name);
  }
  if (ranges.length === 0) return undefined;
  ranges.sort((a, b) => a.start - b.start);
  return { pieces: without(event, ranges), bodies: [...bodies] };
}

function addOfBody(text: Buffer, body: Range, ranges: Range[]): void {
  if (!isObject(text, body)) return;
  let isTable = false;
  let rows: Range | undefined;
  for (const [name, value] of membersOf(text, body)) {
    if (name === 'metadata') addOfMetadata(text, value, ranges);
    else if (name === 'items') forItems(text, value, (item) => addOfObject(text, item, ranges));
    else if (name === 'rows') rows = value;
    else if (name === 'kind') isTable = text.toString('latin1', value.start, value.end) === '"Table"';
  }
  if (!isTable || rows === undefined) return;
  forItems(text, rows, (row) => {
    if (!isObject(text, row)) return;
    for (const [name, value] of membersOf(text, row)) if (name === 'object') addOfObject(text, value, ranges);
  });
}

function addOfObject(text: Buffer, object: Range, ranges: Range[]): void {
  if (!isObject(text, object)) return;
  for (const [name, value] of membersOf(text, object))
    if (name === 'metadata') addOfMetadata(text, value, ranges);
}

function addOfMetadata(text: Buffer, { start, end }: Range, ranges: Range[]): void {
  const metadata = text.subarray(start, end);
  if (metadata[0] !== openBrace || !metadata.includes(key)) return;
  for (const range of rangesOf(metadata, managedFields))
    ranges.push({ start: start + range.start, end: start + range.end });
}

function membersOf(text: Buffer, { start, end }: Range): [name: string, value: Range][] {
  const object = text.subarray(start, end);
  return members(object).map((member) => [
    keyOf(object, member),
    { start: start + member.valueStart, end: start + member.valueEnd },
  ]);
}

function forItems(text: Buffer, { start, end }: Range, onItem: (item: Range) => void): void {
  scanArray(text.subarray(start, end), (from, to) => onItem({ start: start + from, end: start + to }));
}

function isObject(text: Buffer, { start }: Range): boolean {
  return text[start] === openBrace;
}
