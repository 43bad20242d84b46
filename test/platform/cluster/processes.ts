import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end; resolves whatever its exit code is. Rejects where it cannot be run. */
export function run(
  command: readonly string[],
  { input = '', env = process.env, cwd }: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Ran> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const options = { env, maxBuffer: 256 * 1024 * 1024, ...(cwd !== undefined && { cwd }) };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number' && child.signalCode === null) return reject(error);
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
    // A command that ends without having read it.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** As {@link run}; rejects with what the command said if it ends with anything but 0. */
export async function demand(
  command: readonly string[],
  options?: Parameters<typeof run>[1],
): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  if (code !== 0) throw new Error(`${command.join(' ')}: exit ${code}\n${stderr}${stdout}`.trim());
  return stdout;
}

/** Servers with a log file each. All of them live in a process namespace that ends with the test, however it ends. */
export class Processes {
  readonly #logs: string;
  readonly #children = new Map<string, ChildProcess>();

  /** @param logs the folder of the log files, which exists */
  constructor(logs: string) {
    this.#logs = logs;
  }

  start(name: string, command: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
    const log = openSync(this.logFile(name), 'a');
    const [program = '', ...args] = command;
    const child = spawn(program, args, { stdio: ['ignore', log, log], env });
    closeSync(log);
    child.once('error', () => undefined);
    this.#children.set(name, child);
    return child;
  }

  logFile(name: string): string {
    return join(this.#logs, `${name}.log`);
  }

  /** Throws with the end of its log if it has ended. */
  demandAlive(name: string): void {
    const child = this.#children.get(name);
    if (child && child.exitCode === null && child.signalCode === null && child.pid !== undefined) return;
    throw new Error(`${name} has ended (${child?.exitCode ?? child?.signalCode}):\n${this.tail(name)}`);
  }

  tail(name: string, lines = 15): string {
    return readFileSync(this.logFile(name), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** SIGTERM, and SIGKILL after so long; resolves with the exit code when it is gone. */
  async stop(name: string, millisecondsMax = 30_000): Promise<number | null> {
    const child = this.#children.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), millisecondsMax);
    await exited;
    clearTimeout(timer);
    return child.exitCode;
  }
}
