import { readdir, readFile, open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseFlags } from './flags.ts';
import type { Flags } from './flags.ts';

/** A kube-apiserver that runs on this machine. */
export interface RunningProcess {
  readonly pid: number;
  readonly flags: Flags;
  readonly startedAt: Date;
}

/** Of one command line. */
const bytesMax = 256 * 1024;
/** Of a second, in the kernel's times for programs (sysconf(_SC_CLK_TCK); 100 on every architecture of Linux that is in use). */
const ticks = 100;

/**
 * The kube-apiservers among the processes of a `/proc`. A container shows only its own, unless its pod has `hostPID`. Whoever may
 * start a process may call it so: of several all are given.
 */
export async function apiserverProcesses(proc = '/proc'): Promise<RunningProcess[]> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/u.test(name));
  const found: RunningProcess[] = [];
  for (const pid of pids) {
    const args = await argumentsOf(join(proc, pid));
    if (!isApiserver(args)) continue;
    const startedAt = await startOf(proc, pid);
    if (startedAt !== undefined) found.push({ pid: Number(pid), flags: parseFlags(args), startedAt });
  }
  return found;
}

function isApiserver([program = '', first = '']: readonly string[]): boolean {
  const name = basename(program);
  return name === 'kube-apiserver' || (name === 'hyperkube' && first.endsWith('apiserver'));
}

/** Processes end while they are looked at. */
async function argumentsOf(folder: string): Promise<string[]> {
  try {
    await using file = await open(join(folder, 'cmdline'));
    const { bytesRead, buffer } = await file.read(Buffer.alloc(bytesMax), 0, bytesMax, 0);
    return buffer
      .toString('utf8', 0, bytesRead)
      .split('\0')
      .filter((arg) => arg !== '');
  } catch {
    return [];
  }
}

/** proc(5): field 22 of `stat` counts from boot, `btime` says when that was. */
async function startOf(proc: string, pid: string): Promise<Date | undefined> {
  try {
    const [own, all] = await Promise.all([
      readFile(join(proc, pid, 'stat'), 'utf8'),
      readFile(join(proc, 'stat'), 'utf8'),
    ]);
    const started = Number(own.slice(own.lastIndexOf(')') + 2).split(' ')[19]);
    const boot = Number(/^btime (\d+)$/mu.exec(all)?.[1]);
    return Number.isFinite(started + boot) ? new Date((boot + started / ticks) * 1000) : undefined;
  } catch {
    return undefined;
  }
}
