import { readdir, stat, statfs } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { ok, ours, unchecked, warning } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Flags } from './flags.ts';

const mebibyte = 1024 * 1024;

const about = {
  id: 'disk',
  name: 'room for rotated logs',
  expected: 'room for maxbackup × maxsize',
  why: `${ours}: a full disk stops the log`,
};

/**
 * Whether the disk takes as many rotated files as the apiserver may keep: what it has already written counts as there. Without both
 * limits nothing is said: see the flags.
 */
export async function lookAtDisk(logPath: string, flags: Flags): Promise<Finding> {
  const [backups, size] = ['audit-log-maxbackup', 'audit-log-maxsize'].map((name) =>
    Number(flags.values.get(name)),
  ) as [number, number];
  if (!(backups > 0 && size > 0)) return unchecked({ ...about, found: 'maxbackup or maxsize is not known' });
  try {
    const folder = dirname(logPath);
    const [{ bavail, bsize }, used] = await Promise.all([statfs(folder), bytesOf(folder, basename(logPath))]);
    const wanted = (backups + 1) * size * mebibyte;
    const room = bavail * bsize + used;
    // Steps, so that it is no news with each event.
    if (room >= wanted) return ok({ ...about, found: `enough for ${backups} × ${size} MiB` });
    return warning({
      ...about,
      found: `room for about ${Math.max(0, Math.floor(room / mebibyte / size / 10) * 10)} files of ${size} MiB, and ${backups} may be kept`,
      remedy: `The disk of ${folder} will be full before old files are deleted; then the apiserver drops events, or refuses requests. Lower audit-log-maxbackup, or give it a disk of its own.`,
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return unchecked({ ...about, found: `${dirname(logPath)} cannot be looked at (${code})` });
  }
}

/** Of the log and its rotated files. */
async function bytesOf(folder: string, log: string): Promise<number> {
  const stem = log.slice(0, log.length - extname(log).length);
  const names = (await readdir(folder)).filter((name) => name === log || name.startsWith(`${stem}-`));
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
