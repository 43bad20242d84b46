import { closeSync, createReadStream, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';

const newline = 0x0a;

export interface Input {
  path: string;
  lines: number;
  bytes: number;
}

/**
 * Writes the audit log that every shipper reads to `path`: the whole lines of `from` (a file of JSON lines, compressed if
 * its name ends with .gz, or a folder of logs), from the beginning again and again until there are `bytesMin`.
 */
export async function writeInput(
  path: string,
  from: string | undefined,
  fixtures: string,
  bytesMin: number,
): Promise<Input> {
  const file = openSync(path, 'w');
  const input: Input = { path, lines: 0, bytes: 0 };
  const write = (bytes: Buffer): void => {
    writeSync(file, bytes);
    input.bytes += bytes.length;
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) input.lines += 1;
  };
  do {
    if (from === undefined)
      for (const name of readdirSync(fixtures)) write(readFileSync(join(fixtures, name)));
    else for await (const bytes of readBytes(from)) write(bytes);
  } while (input.bytes < bytesMin);
  closeSync(file);
  return input;
}

function readBytes(path: string): AsyncIterable<Buffer> {
  const bytes = createReadStream(path);
  return path.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
}
