import { execFile } from 'node:child_process';
import { join } from 'node:path';

export const commandFile = join(import.meta.dirname, '../test', '..', 'agent', 'cli', 'main.ts');

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const outputBytesMax = 16 * 1024 * 1024;

/** Runs `auditseal …` as a process of its own. Rejects only if it cannot be run or was aborted. */
export function runCommand(parameters: string[], signal: AbortSignal): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const options = { signal, maxBuffer: outputBytesMax };
    execFile(process.execPath, [commandFile, ...parameters], options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}
