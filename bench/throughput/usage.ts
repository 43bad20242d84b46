import { readFileSync } from 'node:fs';

/** USER_HZ, in which /proc counts CPU time; 100 on every Linux. */
const ticksPerSecond = 100;

export interface Usage {
  /** User and system time of all threads, those that have ended included. */
  cpuSeconds: number;
  /** The most memory that was ever resident. */
  rssBytesMax: number;
}

/** What a running process has used so far (proc(5): stat fields 14 and 15; status VmHWM). */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command in parentheses, which may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    rssBytesMax: Number(kibibytes) * 1024,
  };
}
