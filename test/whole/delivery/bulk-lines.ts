import { gunzipSync, gzipSync } from 'node:zlib';

/** One document of a bulk body that creates. */
export interface BulkLine {
  id: string;
  /** Action and document, with their newlines. */
  bytes: Buffer;
  /** Length of the document. */
  length: number;
}

export function readBulk(gzipBody: Buffer): BulkLine[] {
  const text = gunzipSync(gzipBody);
  const lines: BulkLine[] = [];
  for (let at = 0; at < text.length;) {
    const actionEnd = text.indexOf(0x0a, at);
    const end = text.indexOf(0x0a, actionEnd + 1) + 1;
    const action = JSON.parse(text.toString('utf8', at, actionEnd)) as { create: { ['_id']: string } };
    lines.push({
      id: action.create['_id'],
      bytes: text.subarray(at, end),
      length: end - actionEnd - 2,
    });
    at = end;
  }
  return lines;
}

export function writeBulk(lines: readonly BulkLine[]): Buffer {
  return gzipSync(Buffer.concat(lines.map(({ bytes }) => bytes)), { level: 1 });
}
