import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Run {
  seconds: number;
  /** User and system time of the command, all of its threads. */
  cpuSeconds: number;
  /** VmHWM (proc(5)): the most memory that was ever resident. */
  peakBytes: number;
  exitCode: number;
  out: string;
}

/** A process tells what it has used when it ends; its threads run the same code and are counted with it. */
const tell = `data:text/javascript,${encodeURIComponent(`
import { readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const kibibytes = Number(/^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  writeFileSync(process.env.BENCH_USAGE, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakBytes: kibibytes * 1024 }));
});`)}`;

/** Runs a command of ours in a process of its own and says what that took. */
export async function measure(command: string, parameters: readonly string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'auditseal-bench-run-'));
  const usage = join(folder, 'usage.json');
  try {
    const began = performance.now();
    const ended = await new Promise<{ exitCode: number; out: string; error: string }>((resolve) => {
      const options = { env: { ...process.env, BENCH_USAGE: usage }, maxBuffer: 1 << 28 };
      const node = ['--import', tell, command, ...parameters];
      const child = execFile(process.execPath, node, options, (_failure, out, error) =>
        resolve({ exitCode: child.exitCode ?? -1, out, error }),
      );
    });
    const seconds = (performance.now() - began) / 1000;
    if (ended.exitCode !== 0) throw new Error(`${ended.exitCode}: ${ended.out}${ended.error}`);
    const told = JSON.parse(readFileSync(usage, 'utf8')) as Pick<Run, 'cpuSeconds' | 'peakBytes'>;
    return { seconds, ...told, exitCode: ended.exitCode, out: ended.out };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
