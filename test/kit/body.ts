import { gzipSync } from 'node:zlib';

/** The lines of a bulk body that creates each document under its id. */
export function bulkLines(documents: readonly { id: string; source: string | Buffer }[]): Buffer {
  return Buffer.concat(
    documents.flatMap(({ id, source }) => [
      Buffer.from(`{"create":{"_id":${JSON.stringify(id)}}}\n`),
      Buffer.from(source),
      Buffer.from('\n'),
    ]),
  );
}

export function gzipBody(documents: readonly { id: string; source: string | Buffer }[]): Buffer {
  return gzipSync(bulkLines(documents), { level: 1 });
}
