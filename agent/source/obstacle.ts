import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isFileSystemError } from './error.ts';

/** Why a source cannot be read, as the log, `status` and `validate` say it. */
export interface Obstacle {
  /** The file or folder that is in the way. */
  path: string;
  /** What the operating system answered (`EACCES`, errno(3)), or would answer: `EISDIR`, `EINVAL` for what is no file. */
  code: string;
  remedy: string;
  /** Nothing is there to be read yet, in a folder that is there: as before the apiserver's first start. */
  isAbsent?: true;
}

/** What cannot be read, and what to do, behind a `cannot be read:` or the like. */
export function describeObstacle({ path, code, remedy }: Obstacle): string {
  return `${path} (${code}): ${remedy}`;
}

/** What to do about an error that reading `path` ended with. */
export async function obstacleOf(error: unknown, path: string): Promise<Obstacle> {
  const code = isFileSystemError(error) ? error.code : 'EIO';
  if (code === 'EACCES' || code === 'EPERM') return { path, code, remedy: await permission(path) };
  const remedy =
    remedies[code] ?? 'this is what the system answered; see errno(3), and the log of the kernel';
  return { path, code, remedy };
}

/** By the codes of errno(3). */
const remedies: Record<string, string> = {
  ELOOP: 'its symbolic links lead in a circle; mend them, or give the path of the file itself',
  ENOTDIR: 'what should be a folder on the way there is none; correct the path',
  ENAMETOOLONG: 'no path is as long as that; correct it',
  EIO: 'the disk or its network does not answer as it should; see the log of the kernel',
  EMFILE: 'this process has too many files open; raise its limit (ulimit -n)',
  ENFILE: 'the system has too many files open; see fs.file-max in proc(5)',
};

/** Who owns what denies the way to `path`, and by which right it can be read. */
async function permission(path: string): Promise<string> {
  const at = await denying(path);
  const owner = await stat(at).catch(() => undefined);
  const whose =
    owner &&
    `${at === path ? 'it' : at} is of uid ${owner.uid}, mode ${(owner.mode & 0o7777).toString(8).padStart(4, '0')}, and `;
  return (
    `${whose ?? ''}this process (uid ${process.geteuid?.() ?? 'unknown'}) may not read it; run the agent as that user, ` +
    'or as uid 0 with the capability DAC_READ_SEARCH, or let it read file and folder; if the mode allows it, look at SELinux or AppArmor'
  );
}

/** The first on the way to `path` that does not let us pass: what lies below it cannot even be looked at. */
async function denying(path: string): Promise<string> {
  let at = path;
  for (;;) {
    const parent = dirname(at);
    const isSeen = await stat(at).then(
      () => true,
      () => false,
    );
    if (isSeen || parent === at) return at;
    at = parent;
  }
}
