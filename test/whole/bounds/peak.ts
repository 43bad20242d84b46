import { execFile } from 'node:child_process';
import { main } from '../../kit/agent/programs.ts';

/** VmHWM (proc(5)): the most memory that was ever resident, in kB. */
const tellPeak = `data:text/javascript,${encodeURIComponent(`
import { readFileSync } from 'node:fs';
process.on('exit', () => {
  const peak = /^VmHWM:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  process.stderr.write('peak ' + peak + '\\n');
});`)}`;

export interface Ran {
  code: number;
  out: string;
  /** Bytes. */
  peak: number;
}

/** Runs a command, and measures the most memory that it ever had. */
export async function run(...parameters: string[]): Promise<Ran> {
  return await new Promise((resolve) => {
    const node = ['--import', tellPeak, main, ...parameters];
    execFile(process.execPath, node, { maxBuffer: 1 << 28 }, (failure, out, error) => {
      const peak = Number(/peak (\d+)/u.exec(error)?.[1]) * 1024;
      resolve({ code: failure ? Number(failure.code ?? -1) : 0, out, peak });
    });
  });
}
