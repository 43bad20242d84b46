import { stat } from 'node:fs/promises';
import { ok, ours, unchecked, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** A file that decides what gets logged, or is the log. */
export interface LookedFile {
  /** `manifest`, `policy`, `log`. */
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** Bits of the mode that may be set. */
  readonly modeMax: number;
  readonly why: string;
  /** What whoever has more could do. */
  readonly stake: string;
}

/** CIS asks for 600; 0600 is what kubeadm writes. */
export function manifestFile(path: string): LookedFile {
  return {
    id: 'manifest',
    name: 'definition of the apiserver',
    path,
    modeMax: 0o600,
    why: 'CIS 1.1.1 and 1.1.2',
    stake: 'Whoever can write it decides what is logged, and runs what he likes as root.',
  };
}

export function policyFile(path: string): LookedFile {
  return {
    id: 'audit-policy',
    name: 'audit policy file',
    path,
    modeMax: 0o644,
    why: `${ours}: CIS has nothing of it`,
    stake: 'Whoever can write it decides what is logged from the next start of the apiserver on.',
  };
}

/** The apiserver makes it 0600. */
export function logFile(path: string): LookedFile {
  return {
    id: 'log',
    name: 'audit log',
    path,
    modeMax: 0o640,
    why: `${ours}: CIS has nothing of it`,
    stake:
      'It holds what nobody but root should read, and whoever can write it can take events out before they are sealed.',
  };
}

/** Owners that a file of the control plane may have: root, and 65534 on Talos, whose apiserver runs as that. */
const owners: ReadonlySet<number> = new Set([0, 65_534]);

/** Mode and owner of a file. */
export async function lookAtFile(file: LookedFile): Promise<Finding> {
  const { id, name, path, modeMax, why, stake } = file;
  const most = modeMax.toString(8).padStart(4, '0');
  const about = {
    id: `${id}-mode`,
    name: `mode of the ${name}`,
    expected: `at most ${most}, root:root`,
    why,
  };
  try {
    const { mode, uid, gid } = await stat(path);
    const found = `${(mode & 0o7777).toString(8).padStart(4, '0')}, ${uid}:${gid}`;
    const isOwned = owners.has(uid);
    if (isOwned && (mode & 0o7777 & ~modeMax) === 0) return ok({ ...about, found });
    const owning = isOwned ? '' : `chown root:root ${path} && `;
    return warning({ ...about, found, remedy: stake, fix: `${owning}chmod ${most} ${path}` });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return unchecked({ ...about, found: `${path} cannot be looked at (${code})` });
  }
}
