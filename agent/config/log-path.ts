import { posix } from 'node:path';

/** Why a path, as the configuration has it, is none of a live audit log, whatever lies there; undefined if it may be one. */
export function logPathProblem(path: string): string | undefined {
  if (/[*?[\]]/u.test(path))
    return 'must be the path of one file, no pattern: rotated backups are found beside the live file, and each log is a source of its own';
  if (path.endsWith('/')) return 'must be the path of a file, no folder: name the live file in it, audit.log';
  // /dev/shm is a file system like others; else these are streams, which are gone once they are read.
  if (/^\/(?:dev\/(?!shm\/)|proc\/)/u.test(posix.normalize(path)))
    return 'must be the path of a file that stays: let the apiserver write one (--audit-log-path), not its standard output';
  if (path.endsWith('.gz'))
    return 'must be the path of the live file, which is never compressed: its .gz backups are found beside it';
  return undefined;
}
