import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface Verified {
  exitCode: number;
  /** Of standard output. */
  lines: string[];
  errorText: string;
}

const main = join(import.meta.dirname, '../../agent/cli/main.ts');

/** Runs `auditseal verify` on the streams of a namespace, as an auditor would, in a process of its own. */
export function verify(url: string, namespace: string, more: readonly string[] = []): Promise<Verified> {
  const args = [main, 'verify', '--url', url, '--namespace', namespace, ...more];
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      args,
      { maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') return reject(error);
        resolve({
          exitCode: child.exitCode ?? -1,
          lines: stdout.split('\n').filter((line) => line !== ''),
          errorText: stderr,
        });
      },
    );
  });
}
