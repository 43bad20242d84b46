import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const fixtures = join(import.meta.dirname, '../test/kit/fixtures');

/** Two stretches of the log of one kube-apiserver (v1.35), as it left them behind: older backups compressed, or not. */
const folders = ['rotating-gz', 'rotating'];

/** The recorded lines in the order in which the apiserver wrote them, each with its newline. */
export async function recording(): Promise<Buffer[]> {
  const lines: Buffer[] = [];
  for (const folder of folders) {
    // Backups sort by their time; `audit.log`, the newest, after them.
    for (const name of (await readdir(join(fixtures, folder))).toSorted()) {
      const bytes = await readFile(join(fixtures, folder, name));
      lines.push(...split(name.endsWith('.gz') ? gunzipSync(bytes) : bytes));
    }
  }
  return lines;
}

function* split(text: Buffer): Generator<Buffer> {
  let start = 0;
  for (let end = text.indexOf(0x0a); end >= 0; end = text.indexOf(0x0a, start)) {
    yield text.subarray(start, end + 1);
    start = end + 1;
  }
}
