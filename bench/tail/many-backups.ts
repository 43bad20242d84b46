import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Source } from '../../agent/source/index.ts';

export interface CaughtUp {
  files: number;
  cpuMilliseconds: number;
  gaps: number;
}

const linesPerFile = 50;
const minute = 60_000;
const begin = Date.parse('2026-11-01T00:00:00.000Z');

/** Reads the oldest of so many compressed backups, one a minute, of small lines each: what remains is the cost of finding the next. */
export async function catchUp(backups: number, filesMax: number): Promise<CaughtUp> {
  const folder = await mkdtemp(join(tmpdir(), 'auditseal-many-'));
  try {
    for (let i = 0; i < backups; i++) {
      const at = new Date(begin + i * minute);
      const file = join(folder, `audit-${at.toISOString().slice(0, -1).replaceAll(':', '-')}.log.gz`);
      const lines = Array.from({ length: linesPerFile }, (_, n) => `{"file":${i},"line":${n}}\n`);
      await writeFile(file, gzipSync(lines.join('')));
      await utimes(file, at, at);
    }
    await writeFile(join(folder, 'audit.log'), '{"live":true}\n');
    return await read(join(folder, 'audit.log'), Math.min(backups, filesMax));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function read(path: string, filesMax: number): Promise<CaughtUp> {
  const source = new Source({
    path,
    lineBytesMax: 1024 * 1024,
    pollMilliseconds: 500,
    watch: false,
    onMessage: () => undefined,
    longLine: () => {
      throw new Error('no line here is long');
    },
  });
  const before = process.cpuUsage();
  let [files, gaps] = [0, 0];
  while (files < filesMax) {
    const chunk = await source.read();
    if (chunk?.kind === 'ended') files += 1;
    if (chunk?.kind === 'gap') gaps += 1;
  }
  const { user, system } = process.cpuUsage(before);
  await source.close();
  return { files, cpuMilliseconds: (user + system) / 1000 / files, gaps };
}
