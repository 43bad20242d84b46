import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import split2 from 'split2';
import { backupNames } from '../source/index.ts';

/** In UTF-16 units; longer lines are passed over. An apiserver takes bodies of 3 MiB. */
const lineMax = 16 * 1024 * 1024;
const chunkBytes = 256 * 1024;
/** @types/split2 does not know the second one. */
const splitOptions: object = { maxLength: lineMax, skipOverflow: true };

/**
 * Gives each line of audit logs to `onLine`, file after file, in memory that does not grow with them. `.gz` is decompressed.
 *
 * @param files `-` is standard input
 * @param onBytes told how many more bytes were read, uncompressed
 */
export async function readLines(
  files: readonly string[],
  onLine: (line: Buffer) => void,
  { signal, onBytes }: { signal: AbortSignal; onBytes: (bytes: number) => void },
): Promise<void> {
  for (const file of files) {
    const stream: Readable =
      file === '-' ? process.stdin : createReadStream(file, { highWaterMark: chunkBytes });
    // What the mapper returns is passed on; nothing is.
    const lines = split2('\n', (text: string) => onLine(Buffer.from(text)), splitOptions);
    const count = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        onBytes(chunk.length);
        yield chunk;
      }
    };
    if (file.endsWith('.gz'))
      await pipeline(stream, createGunzip({ chunkSize: chunkBytes }), count, lines, { signal });
    else await pipeline(stream, count, lines, { signal });
  }
}

/** The rotated files beside each log, oldest first, and then the log itself. A file that is rotated away already stands for itself. */
export async function withRotated(files: readonly string[]): Promise<string[]> {
  const all = await Promise.all(
    files.map(async (file) => {
      if (file === '-') return [file];
      const folder = dirname(file);
      const backupOf = backupNames(basename(file));
      const backups = (await readdir(folder)).flatMap((name) => {
        const backup = backupOf(name);
        return backup ? [{ name, key: `${backup.rank} ${backup.order}` }] : [];
      });
      const sorted = backups.toSorted((a, b) => (a.key < b.key ? -1 : 1));
      return [...sorted.map(({ name }) => join(folder, name)), file];
    }),
  );
  return all.flat();
}
