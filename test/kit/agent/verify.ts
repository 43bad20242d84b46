import { execFile } from 'node:child_process';
import { main } from './programs.ts';
import { recordStream } from '../../../agent/streams/index.ts';
import { fetchAgain } from '../fetch-again.ts';

export interface Verified {
  exitCode: number;
  /** Of standard output. */
  lines: string[];
  errorText: string;
}

/** `auditseal verify` as an auditor would run it, some time after the last record came: a search finds that by then. */
export async function verify(
  url: string,
  namespace: string,
  more: readonly string[] = [],
): Promise<Verified> {
  await fetchAgain(`${url}/${recordStream(namespace)}/_refresh`, { method: 'POST' });
  return await verifyBeside(url, namespace, more);
}

/** Runs `auditseal verify` on the streams of a namespace as a search finds them just now, in a process of its own. */
export function verifyBeside(
  url: string,
  namespace: string,
  more: readonly string[] = [],
): Promise<Verified> {
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
