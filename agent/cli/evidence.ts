import { printable } from '../json/index.ts';
import type { Evidence } from '../verify/index.ts';

export type Document = Evidence['documents'][number];
export type Seal = NonNullable<Evidence['seal']>;

/** What is said below a finding, a line each, indented. */
export function evidenceLines({ documents, seal }: Evidence): string[] {
  return [...documents.flatMap(documentLines), ...(seal ? sealLines(seal) : [])].map(
    (line) => `  ${printable(line)}`,
  );
}

/** The document's own word is marked as such: whoever changed it chose it. */
export function documentLines(document: Document): string[] {
  const { index, id, time, user, verb, object, unread, contradictions, contradictionsTotal } = document;
  const deed = [user ?? 'nobody', verb ?? 'no verb', object ?? 'nothing'];
  const isOfNobody = user === undefined && verb === undefined && object === undefined;
  const said = [`at ${time ?? 'no time'}`, ...(isOfNobody ? [] : deed)];
  const more = contradictionsTotal - contradictions.length;
  return [
    `document: _index ${index}, _id ${id}`,
    unread === undefined ? `it says, of itself: ${said.join(', ')}` : `not read: ${unread}`,
    ...contradictions.map(
      ({ member, head, event }) => `it contradicts itself: ${member} is ${head}, and its event says ${event}`,
    ),
    ...(more > 0 ? [`it contradicts itself: in ${more} more members`] : []),
  ];
}

export function sealLines({
  id,
  batch,
  sealedAt,
  ordinal,
  count,
  files,
  filesTotal,
  before,
  after,
}: Seal): string[] {
  const read = files.map(({ path, start, end }) => `${path} bytes ${start} to ${end}`);
  if (filesTotal > files.length) read.push(`and ${filesTotal - files.length} more`);
  const sides = [
    ...(before ? [`after ${neighbour(before)}`] : []),
    ...(after ? [`before ${neighbour(after)}`] : []),
  ];
  return [
    `sealed: as _id ${id}, event ${ordinal} of ${count} of batch ${batch}, at ${sealedAt}, read from ${read.join(', ')}`,
    ...(sides.length > 0 ? [`it stood ${sides.join(', and ')}`] : []),
  ];
}

function neighbour({ index, time, path, offset }: NonNullable<Seal['before']>): string {
  const place = path === undefined || offset === undefined ? '' : `, ${path} at byte ${offset}`;
  return `index ${index} (${time ?? 'no time'}${place})`;
}
