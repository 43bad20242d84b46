import { execFile } from 'node:child_process';
import { main } from './agent/programs.ts';

/** What `auditseal status` prints of a state folder, and its exit code; rejects where it is no answer (neither 0 nor 3). */
export async function statusOf(
  stateDir: string,
  ...options: string[]
): Promise<{ text: string; code: number }> {
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [main, 'status', '--state-dir', stateDir, ...options], (error, text, why) => {
      const code = Number(error?.code ?? 0);
      if (code === 0 || code === 3) resolve({ text, code });
      else reject(new Error(why, { cause: error }));
    });
  });
}
